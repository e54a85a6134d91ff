/**
 * Formulas: fields whose value is computed from other fields of the job.
 */

namespace js jobwright.formula
namespace java io.jobwright.formula
namespace py jobwright.formula
namespace go jobwright.formula
namespace cpp jobwright.formula
namespace netstd Jobwright.Formula
namespace php Jobwright.Formula
namespace rb Jobwright.Formula
namespace perl Jobwright.Formula
namespace rs jobwright.formula

include "common.thrift"
include "field_data.thrift"

/** Operations of a formula. */
enum OpName {
  Add = 1,
  Subtract = 2,
  Multiply = 3,
  Divide = 4
}

/** How an operation is written. */
enum OpNotation {
  /** Not written at all. The underscore: Python keeps the bare name for itself. */
  None_ = 0,
  /** Between its operands. */
  Infix = 1,
  /** Before its operand. */
  Prefix = 2,
  /** Behind its operand. */
  Postfix = 3,
  /** Around its operand, e.g. brackets. */
  Grouping = 4,
  /** Behind a name, around its operands, e.g. a function call. */
  Postcircumfix = 5,
  /** Between the operands of another operation. */
  Separator = 6
}

/** Refers to a field of a step. By client ids before there is a job, by ids in a job. */
struct FieldReference {
  /** Type of the field. */
  1: field_data.FieldType fieldType;
  /** Field.clientId. */
  2: optional string fieldClientId;
  /** Field.id. */
  3: optional string fieldId;
  /** Field.key. For people; ignored on writes. */
  4: optional string fieldTitle;
  /** BaseStep.clientId of the step that holds the field. */
  5: optional string stepClientId;
  /** BaseStep.jobBaseStepId of the step that holds the field. Only in jobs. */
  6: optional string jobBaseStepId;
  /** BaseStep.title. For people; ignored on writes. */
  7: optional string stepTitle;
}

/** One token of a formula as its author wrote it. */
union FormulaToken {
  /** An operation. */
  1: OpName op;
  /** A number in decimal notation. */
  2: string num;
  /** A text. */
  3: string str;
  /** A field. */
  4: FieldReference ref;
  /** "(", ")" or ",". */
  5: string sym;
}

/** Why a formula cannot be computed. */
struct FormulaError {
  /** English, for a person. */
  1: string errorMessage;
  /** Token at fault, from 0. Unset = the formula as a whole. */
  2: optional i32 errorPos;
}

/** What stands in a node of a parsed formula. */
union NodeContent {
  /** A constant. */
  1: field_data.ExecutionData value;
  /** A field. */
  2: FieldReference fieldRef;
  /** An operation on the node's funcArgs. */
  3: OpName operationName;
}

/** Node of a parsed formula. */
struct FormulaNode {
  /** What stands here. */
  1: NodeContent content;
  /** Type of the node's value. */
  2: field_data.FieldType nodeType;
  /** Operands in order. Empty for a constant or a field. */
  3: list<FormulaNode> funcArgs;
}

/** A formula, written and parsed. */
struct Formula {
  /** The formula as written. The only field that is read on writes. */
  1: list<FormulaToken> formulaTokens;
  /** The formula parsed. Unset when it has an error. */
  2: optional FormulaNode expr;
  /** What is wrong with it. Unset = nothing. */
  3: optional FormulaError error;
}

/** Types that an operation takes and gives. */
struct OpSignature {
  /** Type of the result. */
  1: field_data.FieldType returnType;
  /** Types of the operands in order. */
  2: list<field_data.FieldType> argTypes;
  /** true = the last type may repeat. */
  3: bool varArgs = false;
}

/** An operation that formulas can use. */
struct Operation {
  /** Which one. */
  1: OpName operationName;
  /** What it does, for a person. */
  2: string description;
  /** How it is written. */
  3: OpNotation notation;
  /** Greater binds tighter; -1 = it does not take part. */
  4: i32 precedence = -1;
  /** Its forms. */
  5: list<OpSignature> signatures;
}

/** Answer of validateFormula. */
struct ValidateResult {
  /** What is wrong. Unset = the formula is right. */
  1: optional FormulaError error;
}

/** What an editor of formulas needs. */
service FormulaService {
  /**
   * Returns the operations that formulas of the team can use.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<Operation> getOperations(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Parses a formula and checks types. Whether the referenced fields exist is checked when the step is written.
   * A wrong formula is a result, not an error of the call.
   *
   * Errors: limit-exceeded (400), insufficient-permissions (476)
   */
  ValidateResult validateFormula(
    1: list<FormulaToken> formulaTokens
  ) throws (1: common.SystemException err)
}
