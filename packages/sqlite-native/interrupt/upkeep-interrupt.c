/*
 * sqlite3_interrupt() for drivers that have none: a loadable SQLite extension.
 *
 * It has two entry points. `sqlite3_upkeep_init` is for a connection whose statements are to be stopped: it takes a
 * slot in a table of this library and adds upkeep_interrupt_token(), which tells once, and never again, by which token
 * that connection is known. `sqlite3_upkeepcontrol_init` is for a private connection, in memory, of whoever stops
 * statements: it adds upkeep_interrupt(token) and upkeep_trim(). None of them may be called from a view, a trigger or
 * a schema (SQLITE_DIRECTONLY), and the SQL of a registered connection has nothing by which it could stop another one.
 *
 * A token is the number of a slot and 64 random bits, as text. No pointer ever passes through SQL, and what is no
 * valid token is an SQL error. A slot is freed by the destructor of the function that it belongs to, which SQLite
 * calls while the connection still exists; an interrupt holds the same lock, so that it never reaches a closed one.
 *
 * Freestanding: no C library, no allocation, no thread, no signal. It does not decide when to interrupt: an interrupt
 * that comes while nothing runs is forgotten by SQLite when the next statement starts, so its caller repeats it, and
 * makes sure that only what shall be stopped is running.
 *
 * Sources: https://www.sqlite.org/c3ref/interrupt.html, https://www.sqlite.org/loadext.html
 */
#include "sqlite3ext.h"

SQLITE_EXTENSION_INIT1

#ifdef _WIN32
#define ENTRY_POINT __declspec(dllexport)
#else
#define ENTRY_POINT __attribute__((visibility("default")))
#endif

#ifdef __linux__
/* Not in every C library: musl has none, and the symbol is NULL then. */
extern int malloc_trim(__SIZE_TYPE__ pad) __attribute__((weak, visibility("default")));
#define TRIM() (malloc_trim ? malloc_trim(0) : -1)
#else
#define TRIM() (-1)
#endif

#ifndef SLOT_COUNT
#define SLOT_COUNT 4096
#endif
#define SLOT_DIGITS 4
#define NONCE_DIGITS 16
#define TOKEN_LENGTH (SLOT_DIGITS + NONCE_DIGITS)

/* A slot is free while `db` is NULL. */
struct slot {
  sqlite3 *db;
  sqlite3_uint64 nonce;
  int told;
};

/* One table for the process: the library is loaded once, whichever thread opens the connection. */
static struct slot slots[SLOT_COUNT];
/* Connections, of both kinds, that are set up; guarded by the lock like the table. */
static int connections;
static char lock_flag;

/* Held for a handful of instructions, or for one walk through the table; so it spins. */
static void lock(void) {
  while (__atomic_test_and_set(&lock_flag, __ATOMIC_ACQUIRE)) {
    while (__atomic_load_n(&lock_flag, __ATOMIC_RELAXED)) {
    }
  }
}

static void unlock(void) { __atomic_clear(&lock_flag, __ATOMIC_RELEASE); }

/*
 * The routines of SQLite come with the connection. A second copy of SQLite in this process, with routines of its own,
 * is refused while connections of the first are open: each would be handed to the other's functions.
 */
static int join(const sqlite3_api_routines *api) {
  int is_ours;
  lock();
  is_ours = connections == 0 || sqlite3_api == api;
  if (is_ours) {
    /* Written only while nobody reads it. */
    if (sqlite3_api != api) sqlite3_api = api;
    connections++;
  }
  unlock();
  return is_ours;
}

static void leave(void *unused) {
  (void)unused;
  lock();
  connections--;
  unlock();
}

static int fail(char **message, const char *text) {
  if (message) *message = sqlite3_mprintf("%s", text);
  return SQLITE_ERROR;
}

/* Whoever was refused by join() is told by the routines of its own copy. */
static int refuse(char **message, const sqlite3_api_routines *api) {
  if (message) *message = api->mprintf("%s", "upkeep: another copy of SQLite uses this library already");
  return SQLITE_ERROR;
}

/* Answers NULL when the table is full. */
static struct slot *take_slot(sqlite3 *db) {
  sqlite3_uint64 nonce;
  struct slot *taken = 0;
  int i;
  sqlite3_randomness(sizeof nonce, &nonce);
  lock();
  for (i = 0; i < SLOT_COUNT && !taken; i++) {
    if (slots[i].db) continue;
    taken = &slots[i];
    taken->nonce = nonce;
    taken->told = 0;
    taken->db = db;
  }
  unlock();
  return taken;
}

/* The destructor of upkeep_interrupt_token(): its connection is being closed. */
static void free_slot(void *data) {
  struct slot *slot = data;
  lock();
  slot->db = 0;
  slot->nonce = 0;
  connections--;
  unlock();
}

static void write_hex(char *text, int digits, sqlite3_uint64 value) {
  while (digits-- > 0) {
    text[digits] = "0123456789abcdef"[value & 15];
    value >>= 4;
  }
}

/* Answers 0 for anything but lower-case hexadecimal digits. */
static int read_hex(const unsigned char *text, int digits, sqlite3_uint64 *value) {
  *value = 0;
  while (digits-- > 0) {
    unsigned char c = *text++;
    if (c >= '0' && c <= '9') c -= '0';
    else if (c >= 'a' && c <= 'f') c -= 'a' - 10;
    else return 0;
    *value = *value << 4 | c;
  }
  return 1;
}

/* upkeep_interrupt_token(): the token of this connection, to the first who asks. */
static void token_function(sqlite3_context *context, int count, sqlite3_value **values) {
  struct slot *slot = sqlite3_user_data(context);
  char text[TOKEN_LENGTH];
  int told;
  (void)count, (void)values;
  lock();
  told = slot->told;
  slot->told = 1;
  unlock();
  if (told) {
    sqlite3_result_error(context, "upkeep: the token of this connection has been told", -1);
    return;
  }
  write_hex(text, SLOT_DIGITS, (sqlite3_uint64)(slot - slots));
  write_hex(text + SLOT_DIGITS, NONCE_DIGITS, slot->nonce);
  sqlite3_result_text(context, text, TOKEN_LENGTH, SQLITE_TRANSIENT);
}

/* upkeep_interrupt(token): stops whatever runs on the connection of that token. */
static void interrupt_function(sqlite3_context *context, int count, sqlite3_value **values) {
  const unsigned char *text;
  sqlite3_uint64 index, nonce;
  int is_known = 0;
  (void)count;
  text = sqlite3_value_type(values[0]) == SQLITE_TEXT ? sqlite3_value_text(values[0]) : 0;
  if (text && sqlite3_value_bytes(values[0]) == TOKEN_LENGTH && read_hex(text, SLOT_DIGITS, &index) &&
      read_hex(text + SLOT_DIGITS, NONCE_DIGITS, &nonce) && index < SLOT_COUNT) {
    lock();
    is_known = slots[index].db != 0 && slots[index].nonce == nonce;
    if (is_known) sqlite3_interrupt(slots[index].db);
    unlock();
  }
  if (!is_known) sqlite3_result_error(context, "upkeep: there is no connection with this token", -1);
}

/* upkeep_trim(): 1 if the C library gave memory back to the system, 0 if it had none, NULL where it cannot be asked. */
static void trim_function(sqlite3_context *context, int count, sqlite3_value **values) {
  int trimmed = TRIM();
  (void)count, (void)values;
  if (trimmed < 0) sqlite3_result_null(context);
  else sqlite3_result_int(context, trimmed);
}

#define FLAGS (SQLITE_UTF8 | SQLITE_DIRECTONLY)

/* For a connection whose statements are to be stopped. */
ENTRY_POINT int sqlite3_upkeep_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  struct slot *slot;
  if (!join(api)) return refuse(message, api);
  slot = take_slot(db);
  if (!slot) {
    leave(0);
    return fail(message, "upkeep: too many connections are registered");
  }
  /* Where this fails, SQLite calls the destructor. Source: https://www.sqlite.org/c3ref/create_function.html */
  return sqlite3_create_function_v2(db, "upkeep_interrupt_token", 0, FLAGS, slot, token_function, 0, 0, free_slot);
}

/* For the private connection of whoever stops statements. */
ENTRY_POINT int sqlite3_upkeepcontrol_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  const char *file;
  int status;
  if (!join(api)) return refuse(message, api);
  file = sqlite3_db_filename(db, "main");
  if (file && file[0]) {
    leave(0);
    return fail(message, "upkeep: the control is for a connection in memory");
  }
  status = sqlite3_create_function_v2(db, "upkeep_trim", 0, FLAGS, 0, trim_function, 0, 0, leave);
  if (status != SQLITE_OK) return status;
  return sqlite3_create_function_v2(db, "upkeep_interrupt", 1, FLAGS, 0, interrupt_function, 0, 0, 0);
}
