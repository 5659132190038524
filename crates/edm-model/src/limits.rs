//! Every bound on outside input, in one place. Sizes are in bytes unless the name says otherwise. A
//! bound is enforced while reading, never after.

/// Columns of a store.
pub const COLUMNS_MAX: usize = 256;
/// Searchable columns of a store.
pub const SEARCHABLE_COLUMNS_MAX: usize = 64;
/// Alternative forms of a value (`docs/formats/hash.md`, Alternative forms).
pub const ALTERNATIVE_FORMS_MAX: usize = 2;
/// Rows of a store over all its segments. Row ids are 32 bits wide.
pub const ROWS_MAX: u64 = 4_000_000_000;
/// Sessions whose rows a generation contains: a replace and the deltas after it. Each keeps files
/// open.
pub const SOURCES_MAX: usize = 10_000;
/// One cell of a table.
pub const CELL_BYTES_MAX: usize = 4 * 1024;
/// One record of a file, separators and quotes included.
pub const RECORD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Lines that one record of a file may span. A quoted cell may contain line ends.
pub const RECORD_LINES_MAX: u64 = 100;
/// Cells of the first line of a file. A spreadsheet has no more columns.
pub const FILE_COLUMNS_MAX: usize = 16 * 1024;
/// One sealed block.
pub const BLOCK_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Blocks of a session.
pub const BLOCKS_MAX: u32 = 1_000_000;
/// A JSON body.
pub const JSON_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The body of a request that classifies a file or text as a job.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Classification jobs kept for each tenant. The oldest are deleted first.
pub const JOBS_KEPT_MAX: u32 = 1_000;
/// Entries kept for one job: types, matches and evidences together.
pub const JOB_PLACES_MAX: usize = 2_000;
/// Problems kept for one job.
pub const JOB_PROBLEMS_MAX: usize = 100;
/// Sessions created inline with a new data store.
pub const INLINE_SESSIONS_MAX: usize = 100;
/// A schema or rule package of Microsoft Purview.
pub const XML_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Nesting depth of the elements of such a file.
pub const XML_DEPTH_MAX: usize = 32;
/// Elements of such a file.
pub const XML_ELEMENTS_MAX: usize = 100_000;
/// Attributes of one element of such a file.
pub const XML_ATTRIBUTES_MAX: usize = 32;
/// The size of a zone, in which a long text is scanned. A zone is larger if its patterns reach
/// further around a value.
pub const ZONE_BYTES: usize = 2 * 1024 * 1024;
/// A streamed text.
pub const STREAM_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// An XML block list. 1,000,000 blocks with their tags fit.
pub const BLOCK_LIST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Total milliseconds for the SQL statements of one list: its page, its count, or one list nested
/// in another.
pub const LIST_MS_MAX: u64 = 2_000;
/// Stores of a tenant.
pub const STORES_MAX: u64 = 1_000;
/// Characters of a column's, store's or type's name.
pub const NAME_CHARACTERS_MAX: usize = 128;
/// Characters of a description, file name, checksum or any other free text of a resource.
pub const TEXT_CHARACTERS_MAX: usize = 4_096;
/// Characters of a salt.
pub const SALT_CHARACTERS_MAX: usize = 256;
/// Characters below which a salt is weak.
pub const SALT_CHARACTERS_MIN: usize = 32;
/// Distinct characters below which a salt is weak.
pub const SALT_DISTINCT_MIN: usize = 16;
/// Atoms of the longest matched cell, by default.
pub const TOKENS_DEFAULT: u32 = 64;
/// Atoms of the longest matched cell that a store can be configured for.
pub const TOKENS_MAX: u32 = 1_024;
/// Matches listed for one text. Further ones are only counted.
pub const MATCHES_MAX: usize = 10_000;
/// Spans that the listed matches of one type contain for one text, their evidence included.
pub const LISTED_PLACES_MAX: usize = 1 << 17;
/// Distinct primary values of one type that are counted exactly in one text.
pub const UNIQUE_MAX: usize = 1 << 19;
/// Distinct records counted exactly in one text, for a type whose patterns have no primary.
pub const RECORDS_MAX: usize = 1 << 16;
/// Total spans of these records. Once it is reached, no further record is counted as distinct.
pub const RECORD_PLACES_MAX: usize = 1 << 20;
/// Matches of one column that overlap in a chain and are resolved together.
pub const OVERLAPS_MAX: usize = 1 << 16;
/// Row numbers listed for one match.
pub const MATCH_ROWS_MAX: usize = 10;
/// Rows of one value that are evaluated (`docs/matching.md`).
pub const ROW_SET_MAX: usize = 256;
/// Rows of one value that are read to find those that no later session replaced or removed.
pub const ROWS_LOOKED_AT_MAX: usize = 64 * ROW_SET_MAX;
/// Row checks per [`ROW_CHECKS_BYTES`] of text: 64 per byte. The worst text then costs a small
/// multiple of the time of its length. The densest realistic text, one record written in lines over
/// and over, needs half of them (`docs/matching.md`).
pub const ROW_CHECKS_MAX: u64 = 1 << 22;
/// The size of the parts of a text that have their row checks counted apart. A primary value counts
/// in the part in which it starts.
pub const ROW_CHECKS_BYTES: usize = 64 * 1024;
/// The span of one value in a text, its escapes and gaps included. Longer spans are not found.
pub const PLACE_BYTES_MAX: usize = 64 * 1024;
/// Distance on either side of a value in which its explanation looks for the other values of its
/// row.
pub const EXPLAIN_BYTES_MAX: usize = 256 * 1024;
/// Distance that the `row` proximity covers within a line of a table.
pub const TABLE_ROW_BYTES_MAX: usize = 64 * 1024;
/// Bytes between two neighbouring lines of a table: empty lines and separator lines.
pub const TABLE_GAP_BYTES_MAX: usize = 4 * 1024;
/// A run without white space that may be an unbreakable run. Longer ones never are.
pub const RUN_BYTES_MAX: usize = 64 * 1024;
/// The value of a form whose `+` are spaces. They are left in longer ones.
pub const FORM_VALUE_BYTES_MAX: usize = 32 * 1024;
/// Distance that the `document` proximity covers.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest distance that a pattern may set, in characters or words.
pub const PROXIMITY_MAX: u32 = 4 * 1024 * 1024;
/// Extra bytes that a proximity in characters or words may cover, for white space and long words.
pub const PROXIMITY_SLACK_BYTES: usize = 64 * 1024;
/// Bytes reserved for each UTF-16 unit of a proximity in characters.
pub const PROXIMITY_CHARACTER_BYTES: usize = 4;
/// Bytes reserved for each word of a proximity in words.
pub const PROXIMITY_WORD_BYTES: usize = 64;
/// Patterns of a sensitive type.
pub const PATTERNS_MAX: usize = 256;
/// Sensitive types of a tenant, without the default types of its stores.
pub const SENSITIVE_TYPES_MAX: u64 = 10_000;
/// Sensitive type ids, lookup values or candidate spans in one request.
pub const REQUEST_ITEMS_MAX: usize = 10_000;
/// Bytes a second at which the scrubber reads served files again to verify their checksums.
pub const SCRUB_BYTES_PER_SECOND: u64 = 16 * 1024 * 1024;
/// Values kept from a JSON body: known properties, and elements of collections.
pub const JSON_VALUES_MAX: usize = 1 << 17;
/// A replace session with fewer rows than this percentage of the live rows is refused, unless the
/// session allows it.
pub const SHRINK_PERCENT_MIN: u64 = 80;
/// Seconds for which an upload URI is valid.
pub const UPLOAD_URI_SECONDS: i64 = 3_600;
/// Seconds without a block or renewal after which a session expires.
pub const SESSION_IDLE_SECONDS: i64 = 7 * 24 * 3_600;
/// Requests of one batch.
pub const BATCH_REQUESTS_MAX: usize = 20;
/// Characters of the id, or of the method, of a request in a batch.
pub const BATCH_ID_CHARACTERS_MAX: usize = 256;
/// Characters of the address of a request in a batch.
pub const BATCH_URL_CHARACTERS_MAX: usize = 16 * 1024;
/// Headers of a request in a batch.
pub const BATCH_HEADERS_MAX: usize = 64;
/// Characters of the value of such a header.
pub const BATCH_HEADER_CHARACTERS_MAX: usize = 16 * 1024;
/// Total size of the response bodies of one batch.
pub const BATCH_ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The query string of a URL without its page token. It also bounds the longest filter.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;
/// A page token. It contains the values by which the last element was ordered.
pub const PAGE_TOKEN_BYTES_MAX: usize = 32 * 1024;
/// Nesting depth of parentheses, `not`s and calls in a filter. SQLite takes expressions 1,000 deep.
pub const FILTER_DEPTH_MAX: usize = 32;
/// Properties and values in a filter. SQLite takes 32,766 values in a statement.
pub const FILTER_TERMS_MAX: usize = 2_000;
/// Collections that a filter looks into. Each is read once per row.
pub const FILTER_COLLECTIONS_MAX: usize = 16;
/// Keys of an order.
pub const ORDER_KEYS_MAX: usize = 8;
/// Default number of elements on a page. A client may ask for fewer, or by `Prefer` for more.
pub const PAGE_COUNT_DEFAULT: u32 = 100;
/// Maximum number of elements on a page.
pub const PAGE_COUNT_MAX: u32 = 1_000;
/// Elements of a page whose elements contain lists, and of each of those lists.
pub const EXPANDED_PAGE_COUNT_MAX: u32 = 100;
/// Placeholders of a store.
pub const PLACEHOLDERS_MAX: usize = 256;
/// Characters of a placeholder.
pub const PLACEHOLDER_CHARACTERS_MAX: usize = 64;
