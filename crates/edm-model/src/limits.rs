//! Every bound on outside input, in one place (contract, extensions, Bounds). Sizes are in bytes unless the
//! name says otherwise. Enforced while reading, never after.

/// Columns of a store.
pub const COLUMNS_MAX: usize = 256;
/// Searchable columns of a store.
pub const SEARCHABLE_COLUMNS_MAX: usize = 64;
/// Rows of a store, over all of its segments: row ids are 32 bits wide.
pub const ROWS_MAX: u64 = 4_000_000_000;
/// Sessions whose rows a generation holds: a replace and the deltas on top of it. Each brings files that stay open.
pub const SOURCES_MAX: usize = 10_000;
/// One cell of a table.
pub const CELL_BYTES_MAX: usize = 4 * 1024;
/// One record of a file, with its separators and quotes.
pub const RECORD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Lines on which one record of a file may stand: a cell in quotes may hold line ends.
pub const RECORD_LINES_MAX: u64 = 100;
/// Cells of the first line of a file: a spreadsheet has no more columns.
pub const FILE_COLUMNS_MAX: usize = 16 * 1024;
/// One sealed block.
pub const BLOCK_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Blocks of a session.
pub const BLOCKS_MAX: u32 = 1_000_000;
/// A JSON body.
pub const JSON_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A file or text that is classified as a job, in its body.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Classification jobs kept of a tenant; the oldest go.
pub const JOBS_KEPT_MAX: u32 = 1_000;
/// Places kept of one job: types, matches and evidences together.
pub const JOB_PLACES_MAX: usize = 2_000;
/// Problems kept of one job.
pub const JOB_PROBLEMS_MAX: usize = 100;
/// Sessions that come within a new data store.
pub const INLINE_SESSIONS_MAX: usize = 100;
/// A schema or rule package of Microsoft Purview.
pub const XML_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Elements inside one another there.
pub const XML_DEPTH_MAX: usize = 32;
/// Elements of such a file.
pub const XML_ELEMENTS_MAX: usize = 100_000;
/// Attributes of one element there.
pub const XML_ATTRIBUTES_MAX: usize = 32;
/// A text that is scanned in pieces is evaluated so many bytes at a time, or as many as its patterns look around a value.
pub const ZONE_BYTES: usize = 2 * 1024 * 1024;
/// A streamed text.
pub const STREAM_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// An XML block list; 1,000,000 blocks with their tags fit.
pub const BLOCK_LIST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Milliseconds that the statements of one list may take together: its page, its count, or one list within another.
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
/// Atoms of the longest cell that is matched, unless the store says otherwise.
pub const TOKENS_DEFAULT: u32 = 64;
/// Atoms of the longest cell that a store may ask to match.
pub const TOKENS_MAX: u32 = 1_024;
/// Matches reported for one text; more are counted, not listed.
pub const MATCHES_MAX: usize = 10_000;
/// Places that the matches of one type name that are listed for one text: their own and their evidence's.
pub const LISTED_PLACES_MAX: usize = 1 << 17;
/// Distinct primary values of one type that are told apart in one text.
pub const UNIQUE_MAX: usize = 1 << 19;
/// Records that are told apart in one text by a type whose patterns name no primary.
pub const RECORDS_MAX: usize = 1 << 16;
/// Places that these records name from which on no further one is told apart.
pub const RECORD_PLACES_MAX: usize = 1 << 20;
/// Matches of one column that overlap one another in a chain and are resolved together.
pub const OVERLAPS_MAX: usize = 1 << 16;
/// Record numbers listed for one match.
pub const MATCH_ROWS_MAX: usize = 10;
/// Rows of one value that are evaluated (matching, section 6).
pub const ROW_SET_MAX: usize = 256;
/// Rows of one value that are looked at to find those that no later session replaced or removed.
pub const ROWS_LOOKED_AT_MAX: usize = 64 * ROW_SET_MAX;
/// Row checks for each part of a text (matching, section 6): 64 for each byte of it, so that the worst text takes a small
/// multiple of the time of its length. The densest that people write need half of them: one record in lines, without end
/// (`docs/matching.md`, Texts in pieces).
pub const ROW_CHECKS_MAX: u64 = 1 << 22;
/// Such a part: the primary values that begin in it share its row checks.
pub const ROW_CHECKS_BYTES: usize = 64 * 1024;
/// The place of one value in a text, its escapes and gaps counted; what spans more is not found.
pub const PLACE_BYTES_MAX: usize = 64 * 1024;
/// How far on either side of a value its explanation looks for the rest of its record.
pub const EXPLAIN_BYTES_MAX: usize = 256 * 1024;
/// How far the `row` proximity looks in a line of a table.
pub const TABLE_ROW_BYTES_MAX: usize = 64 * 1024;
/// Bytes between two neighbouring lines of a table: empty lines and separator lines.
pub const TABLE_GAP_BYTES_MAX: usize = 4 * 1024;
/// A run without white space that is judged to be one place or not; longer ones are not.
pub const RUN_BYTES_MAX: usize = 64 * 1024;
/// How far the `document` proximity looks.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Distance in characters or words that a pattern may ask for.
pub const PROXIMITY_MAX: u32 = 4 * 1024 * 1024;
/// Bytes beyond those for its distance that a proximity in characters or words reaches over white space and long words.
pub const PROXIMITY_SLACK_BYTES: usize = 64 * 1024;
/// Bytes for each UTF-16 unit of a proximity in characters.
pub const PROXIMITY_CHARACTER_BYTES: usize = 4;
/// Bytes for each word of a proximity in words.
pub const PROXIMITY_WORD_BYTES: usize = 64;
/// Patterns of a sensitive type.
pub const PATTERNS_MAX: usize = 256;
/// Sensitive types of a tenant, the stores' default types not counted.
pub const SENSITIVE_TYPES_MAX: u64 = 10_000;
/// Sensitive type ids, lookup values or candidate spans named in one request.
pub const REQUEST_ITEMS_MAX: usize = 10_000;
/// Bytes a second at which the files of what is served are read again for their checksums.
pub const SCRUB_BYTES_PER_SECOND: u64 = 16 * 1024 * 1024;
/// Values of a JSON body that are kept: properties that are looked at, and elements of collections.
pub const JSON_VALUES_MAX: usize = 1 << 17;
/// Replace sessions below this share of the live rows are refused unless they allow it, in percent.
pub const SHRINK_PERCENT_MIN: u64 = 80;
/// Seconds for which an upload URI works.
pub const UPLOAD_URI_SECONDS: i64 = 3_600;
/// Seconds after its last block or renewal at which a session expires.
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
/// Bodies of the answers of one batch, together.
pub const BATCH_ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The query of an address without its page token, and so the longest filter.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;
/// A page token; it holds the values by which the last element was ordered.
pub const PAGE_TOKEN_BYTES_MAX: usize = 32 * 1024;
/// Parentheses, `not`s and calls of a filter that may be open at once. SQLite takes expressions 1,000 deep.
pub const FILTER_DEPTH_MAX: usize = 32;
/// Properties and values that a filter names. SQLite takes 32,766 values in a statement.
pub const FILTER_TERMS_MAX: usize = 2_000;
/// Collections that a filter looks into: each is read for each row.
pub const FILTER_COLLECTIONS_MAX: usize = 16;
/// Keys of an order.
pub const ORDER_KEYS_MAX: usize = 8;
/// Elements that a page holds unless the client asks for fewer or, by `Prefer`, for more.
pub const PAGE_COUNT_DEFAULT: u32 = 100;
/// Elements that a page holds at most.
pub const PAGE_COUNT_MAX: u32 = 1_000;
/// Elements of a page that holds lists itself, and of each of those.
pub const EXPANDED_PAGE_COUNT_MAX: u32 = 100;
/// Words by which a store's table says that a cell is empty.
pub const PLACEHOLDERS_MAX: usize = 256;
/// Characters of such a word.
pub const PLACEHOLDER_CHARACTERS_MAX: usize = 64;
