//! The bodies of requests.

use serde_json::{Value, json};

use super::super::operation::Body;
use super::reference;
use super::schemas::{BATCH, change_name, create_name, parameters_name};

/// Returns the description of a body, if the operation reads one.
pub(super) fn of(body: Body) -> Option<Value> {
    let content = match body {
        Body::None => return None,
        Body::Create(of) => json!({"application/json": {"schema": reference(&create_name(of))}}),
        Body::Change(of) => json!({"application/json": {"schema": reference(&change_name(of))}}),
        Body::Parameters(action) => {
            json!({"application/json": {"schema": reference(&parameters_name(action.name))}})
        }
        Body::Texts(action) => json!({
            "application/json": {"schema": reference(&parameters_name(action.name))},
            "text/plain": {"schema": {"type": "string", "description": "The text itself, in UTF-8."}},
            "application/x-ndjson": {"schema": {
                "type": "string",
                "description": "A JSON object with id and text on each line.",
            }},
        }),
        Body::File(action) => json!({
            "application/json": {"schema": reference(&parameters_name(action.name))},
            "text/plain": {"schema": {"type": "string", "description": "The file itself."}},
            "application/octet-stream": {"schema": {
                "type": "string",
                "description": "A file that is not text: the job fails with unsupportedFileType.",
            }},
        }),
        Body::Batch => json!({"application/json": {"schema": reference(BATCH)}}),
        Body::Blocks => json!({
            "application/octet-stream": {"schema": {"type": "string", "description": "For block: the sealed block."}},
            "application/xml": {"schema": {"type": "string", "description": "For blocklist: a BlockList with the ids of all blocks in order."}},
        }),
    };
    // An empty body is read as an empty object, which some actions accept.
    let required = match body {
        Body::None | Body::Change(_) => false,
        Body::Create(of) => of.all_properties().any(|property| property.needed),
        Body::Parameters(action) => action.parameters.iter().any(|parameter| parameter.needed),
        Body::Texts(_) | Body::File(_) | Body::Blocks | Body::Batch => true,
    };
    Some(json!({"required": required, "content": content}))
}
