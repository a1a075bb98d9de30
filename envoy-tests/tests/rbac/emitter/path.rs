//! Paths without query and fragment; templates (1.5).

use serde_json::{Value, json};

use super::{Reading, text};

const TEMPLATE_TYPE: &str =
    "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

pub(super) fn path(value: &str) -> Value {
    if value.contains("{*}") || value.contains("{**}") {
        let template = value.replace("{*}", "*").replace("{**}", "**");
        return json!({"uri_template": {
            "name": "envoy.path.match.uri_template.uri_template_matcher",
            "typed_config": {"@type": TEMPLATE_TYPE, "path_template": template},
        }});
    }
    json!({"url_path": {"path": text::matcher(value, Reading::Code)}})
}
