/**
 * What workers entered into the steps of a job, as data.
 * Ids 1000 and 1001 in this module belong to the wire contract; our own begin at 2001.
 */

namespace js jobwright.job
namespace java io.jobwright.job
namespace py jobwright.job
namespace go jobwright.job
namespace cpp jobwright.job
namespace netstd Jobwright.Job
namespace php Jobwright.Job
namespace rb Jobwright.Job
namespace perl Jobwright.Job
namespace rs jobwright.job

include "common.thrift"
include "document.thrift"
include "field_data.thrift"

/** What was entered into one field. */
struct FieldExecutionData {
  /** Field.id. */
  1: string fieldId;
  /** Place of the change in the job's sequence of changes. */
  2: i64 seqId;
  /** The value. Unset = none, or taken away. */
  3: optional field_data.ExecutionData execData;
  /** User who entered it. */
  4: optional string lastUpdatedById;
  /** When, Unix seconds. */
  5: optional common.TimeInSecs lastUpdatedAt;
  /** The document that the value names. Filled by the server. */
  6: optional document.Document document;
  /** true = marked as not applicable. */
  7: optional bool isNotApplicable;
  /** User who set or cleared that mark. */
  8: optional string isNotApplicableLastUpdatedById;
  /** When, Unix seconds. */
  9: optional common.TimeInSecs isNotApplicableLastUpdatedAt;
  /** Device that sent the change. */
  1000: optional string deviceId;
  /** Place of the change in that device's sequence: a repeated one is ignored. */
  1001: optional i64 deviceSeqId;
}

/** What was done at one step. */
struct StepExecutionData {
  /** BaseStep.id. */
  1: string stepId;
  /** BaseStep.jobBaseStepId. */
  2: string jobBaseStepId;
  /** true = done. Superseded by isComplete, which wins where it is set. */
  3: bool stepComplete;
  /** Changed fields; in full data all fields. */
  4: list<FieldExecutionData> fieldExecutionData;
  /** true = done. Unset = unchanged. */
  5: optional bool isComplete;
  /** User who set or cleared it. */
  6: optional string isCompleteLastUpdatedById;
  /** When, Unix seconds. */
  7: optional common.TimeInSecs isCompleteLastUpdatedAt;
  /** true = marked as not applicable. */
  8: optional bool isNotApplicable;
  /** User who set or cleared that mark. */
  9: optional string isNotApplicableLastUpdatedById;
  /** When, Unix seconds. */
  10: optional common.TimeInSecs isNotApplicableLastUpdatedAt;
  /** Place of the change in the job's sequence of changes. */
  11: i64 seqId;
  /** Device that sent the change. */
  1000: optional string deviceId;
  /** Place of the change in that device's sequence: a repeated one is ignored. */
  1001: optional i64 deviceSeqId;
}

/** What was answered at one step group. */
struct StepGroupExecutionData {
  /** BaseStep.id. */
  1: string stepGroupId;
  /** BaseStep.jobBaseStepId. */
  2: string jobBaseStepId;
  /** Answer to the group's condition: true = it applies. Unset = not answered, or unchanged. */
  3: optional bool conditionalIsYes;
  /** User who answered. */
  4: optional string conditionalLastUpdatedById;
  /** When, Unix seconds. */
  5: optional common.TimeInSecs conditionalLastUpdatedAt;
  /** Place of the change in the job's sequence of changes. */
  6: i64 seqId;
  /** true = marked as not applicable, with all that is below. */
  8: optional bool isNotApplicable;
  /** User who set or cleared that mark. */
  9: optional string isNotApplicableLastUpdatedById;
  /** When, Unix seconds. */
  10: optional common.TimeInSecs isNotApplicableLastUpdatedAt;
  /** Device that sent the change. */
  1000: optional string deviceId;
  /** Place of the change in that device's sequence: a repeated one is ignored. */
  1001: optional i64 deviceSeqId;
}

/** One change, of a step or a step group. */
union ExecutionSnippet {
  /** Of a step group. */
  1: StepGroupExecutionData stepGroupExecData;
  /** Of a step. */
  2: StepExecutionData stepExecData;
}

/** Data of a job, read. */
struct GetDataResult {
  /** Greatest place in the job's sequence of changes that is contained. Changes after it are the next read. */
  1: i64 seqId;
  /** Steps that changed. */
  2: list<StepExecutionData> stepExecutionData;
  /** When the job was completed, Unix seconds; 0 = it is not. */
  3: common.TimeInSecs jobCompletedAt;
  /** Changes of steps and step groups, in their sequence. */
  4: list<ExecutionSnippet> snippets;
  /** The job. */
  5: string jobId;
}

/** Data of a job, after writing to it. */
struct SendDataResult {
  /** The job. */
  1: string jobId;
  /** Greatest place in the job's sequence of changes after the write. */
  2: i64 seqId;
  /** The changes as they were kept, with their places. */
  3: list<ExecutionSnippet> snippets;
}
