//! Every path of the service in one table, for the router and for clients. The lenient reading of
//! paths is in `path/`.

mod cast;
mod lenient;

pub(crate) use lenient::VERSIONS;
pub use lenient::{Located, fill, locate};

/// The prefix that the service writes into addresses.
pub const BASE: &str = "/beta";
/// The service itself.
pub const SERVICE: &str = "/dataClassification";
/// Data stores.
pub const STORES: &str = "/dataClassification/exactMatchDataStores";
/// The number of data stores.
pub const STORES_COUNT: &str = "/dataClassification/exactMatchDataStores/$count";
/// One data store.
pub const STORE: &str = "/dataClassification/exactMatchDataStores/{store}";
/// Looks up values in a store.
pub const STORE_LOOKUP: &str = "/dataClassification/exactMatchDataStores/{store}/lookup";
/// Makes the generation before live again.
pub const STORE_ROLLBACK: &str = "/dataClassification/exactMatchDataStores/{store}/rollback";
/// Sessions of a store.
pub const SESSIONS: &str = "/dataClassification/exactMatchDataStores/{store}/sessions";
/// The number of sessions.
pub const SESSIONS_COUNT: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/$count";
/// The path that an older page of Graph's documentation posts sessions to.
pub const SESSIONS_REF: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/$ref";
/// One session.
pub const SESSION: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}";
/// Ends the upload of a session.
pub const SESSION_COMMIT: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/commit";
/// Cancels a session.
pub const SESSION_CANCEL: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/cancel";
/// Gives a session a new upload address.
pub const SESSION_RENEW: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/renew";
/// The agent of a session.
pub const SESSION_AGENT: &str =
    "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/uploadAgent";
/// Upload agents.
pub const AGENTS: &str = "/dataClassification/exactMatchUploadAgents";
/// The number of upload agents.
pub const AGENTS_COUNT: &str = "/dataClassification/exactMatchUploadAgents/$count";
/// One upload agent.
pub const AGENT: &str = "/dataClassification/exactMatchUploadAgents/{agent}";
/// Sensitive types.
pub const TYPES: &str = "/dataClassification/sensitiveTypes";
/// The number of sensitive types.
pub const TYPES_COUNT: &str = "/dataClassification/sensitiveTypes/$count";
/// One sensitive type.
pub const TYPE: &str = "/dataClassification/sensitiveTypes/{type}";
/// Finds records in a text.
pub const CLASSIFY: &str = "/dataClassification/classifyExactMatches";
/// Redacts records in a text.
pub const REDACT: &str = "/dataClassification/redactExactMatches";
/// A batch of requests.
pub const BATCH: &str = "/$batch";
/// Finds records in a file.
pub const CLASSIFY_FILE: &str = "/dataClassification/classifyFile";
/// Finds records in a text and stores a job of it. Graph had it until 2022.
pub const CLASSIFY_TEXT: &str = "/dataClassification/classifyText";
/// Every classification job.
pub const JOBS: &str = "/dataClassification/jobs";
/// The number of jobs.
pub const JOBS_COUNT: &str = "/dataClassification/jobs/$count";
/// One job.
pub const JOB: &str = "/dataClassification/jobs/{job}";
/// The jobs of classifyText.
pub const TEXT_JOBS: &str = "/dataClassification/classifyTextJobs";
/// How many of these.
pub const TEXT_JOBS_COUNT: &str = "/dataClassification/classifyTextJobs/$count";
/// One of these.
pub const TEXT_JOB: &str = "/dataClassification/classifyTextJobs/{job}";
/// The jobs of classifyFile.
pub const FILE_JOBS: &str = "/dataClassification/classifyFileJobs";
/// How many of these.
pub const FILE_JOBS_COUNT: &str = "/dataClassification/classifyFileJobs/$count";
/// One of these.
pub const FILE_JOB: &str = "/dataClassification/classifyFileJobs/{job}";
/// Jobs about labels, of which there are none.
pub const LABEL_JOBS: &str = "/dataClassification/evaluateLabelJobs";
/// How many of these.
pub const LABEL_JOBS_COUNT: &str = "/dataClassification/evaluateLabelJobs/$count";
/// One of these.
pub const LABEL_JOB: &str = "/dataClassification/evaluateLabelJobs/{job}";
/// Jobs about policies, of which there are none.
pub const POLICY_JOBS: &str = "/dataClassification/evaluateDlpPoliciesJobs";
/// How many of these.
pub const POLICY_JOBS_COUNT: &str = "/dataClassification/evaluateDlpPoliciesJobs/$count";
/// One of these.
pub const POLICY_JOB: &str = "/dataClassification/evaluateDlpPoliciesJobs/{job}";
/// Sensitivity labels, of which there are none.
pub const LABELS: &str = "/dataClassification/sensitivityLabels";
/// How many of these.
pub const LABELS_COUNT: &str = "/dataClassification/sensitivityLabels/$count";
/// Evaluates labels: not served.
pub const LABELS_EVALUATE: &str = "/dataClassification/sensitivityLabels/evaluate";
/// Computes rights and inheritance: not served.
pub const LABELS_RIGHTS: &str = "/dataClassification/sensitivityLabels/computeRightsAndInheritance";
/// Computes inheritance, a function with its parameters in parentheses: not served.
pub const LABELS_INHERITANCE: &str = "/dataClassification/sensitivityLabels/computeInheritance/{parameters}";
/// One label.
pub const LABEL: &str = "/dataClassification/sensitivityLabels/{label}";
/// Types and actions, in CSDL.
pub const METADATA: &str = "/$metadata";
/// Paths and objects, in OpenAPI.
pub const OPEN_API: &str = "/openapi.json";
/// Whether the process is alive.
pub const HEALTH: &str = "/healthz";
/// Whether live generations are loaded.
pub const READY: &str = "/readyz";
/// The path of blocks: the three segments that Azure's storage clients expect on a plain host.
pub const UPLOAD: &str = "/edmuploads/{container}/{blob}";
/// The account of the upload wire, the first segment of `UPLOAD`.
pub const UPLOAD_ACCOUNT: &str = "edmuploads";

/// Every path below `/beta`. If a literal and a parameter could both match, the literal comes
/// first.
pub const RESOURCES: &[&str] = &[
    SERVICE,
    STORES,
    STORES_COUNT,
    STORE,
    STORE_LOOKUP,
    STORE_ROLLBACK,
    SESSIONS,
    SESSIONS_COUNT,
    SESSIONS_REF,
    SESSION,
    SESSION_COMMIT,
    SESSION_CANCEL,
    SESSION_RENEW,
    SESSION_AGENT,
    AGENTS,
    AGENTS_COUNT,
    AGENT,
    TYPES,
    TYPES_COUNT,
    TYPE,
    CLASSIFY,
    REDACT,
    BATCH,
    CLASSIFY_FILE,
    CLASSIFY_TEXT,
    JOBS,
    JOBS_COUNT,
    JOB,
    TEXT_JOBS,
    TEXT_JOBS_COUNT,
    TEXT_JOB,
    FILE_JOBS,
    FILE_JOBS_COUNT,
    FILE_JOB,
    LABEL_JOBS,
    LABEL_JOBS_COUNT,
    LABEL_JOB,
    POLICY_JOBS,
    POLICY_JOBS_COUNT,
    POLICY_JOB,
    LABELS,
    LABELS_COUNT,
    LABELS_EVALUATE,
    LABELS_RIGHTS,
    LABELS_INHERITANCE,
    LABEL,
    METADATA,
];
