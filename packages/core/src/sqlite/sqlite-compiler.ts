/**
 * Kysely's SQLite compiler with short ways for what most queries consist of. The SQL is the same to the letter.
 *
 * Compiling is about a third of what a point select costs. A node whose child can only be of one kind needs no
 * look-up of the child's visitor, and fewer pieces make a string that is hashed faster.
 */
import {
  type BinaryOperationNode,
  ColumnNode as Column,
  type ColumnNode,
  type IdentifierNode,
  OperatorNode,
  type PrimitiveValueListNode,
  ReferenceNode,
  type SchemableIdentifierNode,
  type SelectionNode,
  SqliteQueryCompiler,
  type TableNode,
} from 'kysely'

export class UpkeepSqliteCompiler extends SqliteQueryCompiler {
  protected override visitIdentifier(node: IdentifierNode): void {
    const { name } = node
    this.append(name.includes('"') ? `"${this.sanitizeIdentifier(name)}"` : `"${name}"`)
  }

  protected override visitSchemableIdentifier(node: SchemableIdentifierNode): void {
    if (node.schema !== undefined) {
      this.visitIdentifier(node.schema)
      this.append('.')
    }
    this.visitIdentifier(node.identifier)
  }

  protected override visitTable(node: TableNode): void {
    this.visitSchemableIdentifier(node.table)
  }

  protected override visitColumn(node: ColumnNode): void {
    this.visitIdentifier(node.column)
  }

  protected override visitReference(node: ReferenceNode): void {
    if (node.table !== undefined) {
      this.visitTable(node.table)
      this.append('.')
    }
    if (Column.is(node.column)) this.visitColumn(node.column)
    else this.visitNode(node.column)
  }

  protected override visitSelection(node: SelectionNode): void {
    const { selection } = node
    if (ReferenceNode.is(selection)) this.visitReference(selection)
    else this.visitNode(selection)
  }

  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    if (!OperatorNode.is(node.operator)) {
      super.visitBinaryOperation(node)
      return
    }
    this.visitNode(node.leftOperand)
    this.append(` ${node.operator.operator} `)
    this.visitNode(node.rightOperand)
  }

  protected override visitPrimitiveValueList({ values }: PrimitiveValueListNode): void {
    for (const value of values) this.addParameter(value)
    this.append(values.length === 0 ? '()' : `(?${', ?'.repeat(values.length - 1)})`)
  }
}
