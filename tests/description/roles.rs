//! The role, the owner and the free function of each parameter: from its type, which has one meaning
//! in this library, and from the documentation of its function.

use serde_json::{Value, json};

/// The function that frees a result of this type.
fn free(kind: &str) -> Option<String> {
    match kind {
        "char *" => Some("aura_string_free".into()),
        _ if kind.starts_with("aura_") => {
            kind.strip_suffix(" *").map(|handle| format!("{handle}_free"))
        }
        _ => None,
    }
}

/// The handle that a type points to.
fn handle(kind: &str) -> Option<&str> {
    let name = kind.trim_start_matches("const ").split(' ').next()?;
    (name.starts_with("aura_") && kind.contains('*')).then_some(name)
}

/// Whether `doc` contains that `name` may be NULL.
fn may_be_null(doc: &str, name: &str) -> bool {
    doc.contains(&format!("`{name}` may be NULL"))
}

pub(crate) fn parameter(function: &str, (kind, name): &(String, String), doc: &str) -> Value {
    let mut part = json!({"name": name, "type": kind, "direction": "in"});
    let mut set = |key: &str, value: Value| part[key] = value;
    let (kind, name) = (kind.as_str(), name.as_str());
    match kind {
        "aura_error **" => {
            set("direction", "out".into());
            set("role", "error".into());
            set("handle", "aura_error".into());
            set("is_nullable", true.into());
            set("is_owned", true.into());
            set("free", "aura_error_free".into());
        }
        "char **" => {
            set("direction", "out".into());
            set("role", "text".into());
            set("is_nullable", false.into());
            set("is_owned", true.into());
            set("free", "aura_string_free".into());
        }
        "const char **" => {
            set("direction", "out".into());
            set("role", "borrowed_text".into());
            set("is_nullable", true.into());
            set("is_owned", false.into());
        }
        _ if kind.ends_with(" **") => {
            let given = &kind[..kind.len() - 1];
            set("direction", "out".into());
            set("role", "handle".into());
            set("handle", handle(given).into());
            set("is_nullable", false.into());
            set("is_owned", true.into());
            set("free", free(given).into());
        }
        "const char *const *" => {
            set("role", "texts".into());
            set("length", format!("{name}_len").into());
            set("is_nullable", false.into());
        }
        "const char *" => {
            set("role", "text".into());
            set("is_nullable", may_be_null(doc, name).into());
        }
        // Only aura_string_free() takes one.
        "char *" => {
            set("role", "owned_text".into());
            set("is_nullable", may_be_null(doc, name).into());
            set("is_consumed", true.into());
        }
        "uint64_t *" => {
            set("direction", "out".into());
            set("role", "array".into());
            set("length", "capacity".into());
            set("is_nullable", false.into());
            set("is_owned", false.into());
        }
        "size_t" => {
            let of = name.strip_suffix("_len").or((name == "capacity").then_some("tokens"));
            match of {
                Some(of) => {
                    set("role", "length".into());
                    set("of", of.into());
                }
                None => set("role", "number".into()),
            }
        }
        "void *" => {
            set("role", "data".into());
            set("is_nullable", true.into());
        }
        "int64_t" | "uint64_t" | "int32_t" => set("role", "number".into()),
        "aura_status" | "aura_log_level" => set("role", "enum".into()),
        "aura_log_callback" | "aura_interrupt" => {
            set("role", "callback".into());
            set("is_nullable", true.into());
        }
        _ => {
            let is_freed = function.ends_with("_free");
            // All functions that read an error or take options accept NULL.
            let takes_none = matches!(kind, "const aura_error *" | "const aura_options *");
            set("role", "handle".into());
            set("handle", handle(kind).into());
            set("is_nullable", (takes_none || may_be_null(doc, name)).into());
            set("is_consumed", is_freed.into());
        }
    }
    part
}

pub(crate) fn result(
    function: &str,
    kind: &str,
    parameters: &[(String, String)],
    doc: &str,
) -> Value {
    match kind {
        "void" => json!({"type": kind, "role": "nothing"}),
        "aura_status" => json!({"type": kind, "role": "status"}),
        // The owner is the handle that it was read from, or the library.
        "const char *" => {
            let owner = parameters.iter().find(|(kind, _)| handle(kind).is_some());
            json!({
                "type": kind,
                "role": "borrowed_text",
                "owner": owner.map(|(_, name)| name),
                "is_nullable": !doc.contains("Never returns NULL") && function != "aura_version",
                "is_owned": false,
            })
        }
        _ if handle(kind).is_some() => json!({
            "type": kind,
            "role": "handle",
            "handle": handle(kind),
            "is_nullable": !doc.contains("Never returns NULL"),
            "is_owned": true,
            "free": free(kind),
        }),
        _ => json!({"type": kind, "role": "number"}),
    }
}
