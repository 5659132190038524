//! Bodies that send several requests or texts at once, in OData's form or this service's. They are
//! not types of Graph's schema, so `$metadata` does not have them.

use edm_model::limits;

use super::element::{Primitive, StructuredType, Type, object, text};

/// A batch of requests.
pub static BATCH: StructuredType = StructuredType::complex(
    "batch",
    &[object("requests", &BATCH_REQUEST, "The requests, in the order in which they are carried out.")
        .many()
        .elements(limits::BATCH_REQUESTS_MAX)
        .needed()
        .set()],
    "A batch of requests.",
);

/// One request of a batch.
pub static BATCH_REQUEST: StructuredType = StructuredType::complex(
    "batchRequest",
    &[
        text("id", "Its id, which the answer repeats.").needed().set(),
        text("method", "GET, POST, PATCH or DELETE.").needed().set(),
        text("url", "A path below the version, or an absolute address of this host.").needed().set(),
        object("headers", &BATCH_HEADERS, "The headers of the request.").set(),
        text("body", "JSON as it is, text as a string, other bytes in base64.").any_json().set(),
        text("dependsOn", "Ids of requests that must have succeeded.")
            .many()
            .elements(limits::BATCH_REQUESTS_MAX)
            .set(),
        text("depends_on", "The same, in the spelling of Microsoft's SDK for Python.")
            .many()
            .elements(limits::BATCH_REQUESTS_MAX)
            .set(),
        text("atomicityGroup", "Not supported.").set(),
    ],
    "One request of a batch.",
);

/// The headers of one request of a batch.
pub static BATCH_HEADERS: StructuredType = StructuredType {
    open: Some(Type::Primitive(Primitive::Text)),
    ..StructuredType::complex("batchHeaders", &[], "Headers by their names.")
};

/// One line of `application/x-ndjson`.
pub static TEXT_LINE: StructuredType = StructuredType::complex(
    "textLine",
    &[
        text("id", "Its id, which the result repeats: a text or a number.").set(),
        text("text", "The text to search.").needed().set(),
    ],
    "A text with an id that its result repeats.",
);
