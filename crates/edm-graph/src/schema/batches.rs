//! What requests bring that is OData's or this service's own way to send several at once, and no
//! type of Graph's schema: it stands in no `$metadata`.

use edm_model::limits;

use super::element::{Primitive, StructuredType, Type, object, text};

/// Several requests.
pub static BATCH: StructuredType = StructuredType::complex(
    "batch",
    &[object("requests", &BATCH_REQUEST, "The requests, in the order in which they are carried out.")
        .many()
        .elements(limits::BATCH_REQUESTS_MAX)
        .needed()
        .set()],
    "Several requests.",
);

/// One of several requests.
pub static BATCH_REQUEST: StructuredType = StructuredType::complex(
    "batchRequest",
    &[
        text("id", "What its answer is called.").needed().set(),
        text("method", "GET, POST, PATCH or DELETE.").needed().set(),
        text("url", "A path below the version, or an absolute address of this host.").needed().set(),
        object("headers", &BATCH_HEADERS, "Its own headers.").set(),
        text("body", "JSON as it is, text as a string, other bytes in base64.").any_json().set(),
        text("dependsOn", "Ids of requests that must have succeeded.")
            .many()
            .elements(limits::BATCH_REQUESTS_MAX)
            .set(),
        text("depends_on", "The same, as Microsoft's SDK for Python spells it.")
            .many()
            .elements(limits::BATCH_REQUESTS_MAX)
            .set(),
        text("atomicityGroup", "Not supported.").set(),
    ],
    "One of several requests.",
);

/// The headers of one of several requests.
pub static BATCH_HEADERS: StructuredType = StructuredType {
    open: Some(Type::Primitive(Primitive::Text)),
    ..StructuredType::complex("batchHeaders", &[], "Headers by their names.")
};

/// One line of `application/x-ndjson`.
pub static TEXT_LINE: StructuredType = StructuredType::complex(
    "textLine",
    &[
        text("id", "What its result is called: a text or a number.").set(),
        text("text", "The text to look in.").needed().set(),
    ],
    "A text with a name that its result bears.",
);
