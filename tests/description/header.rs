//! Reads the declarations in the header.

use std::mem::take;

use serde_json::{Value, json};

use super::roles;

/// All declarations of the header, in its order.
pub(crate) struct Declarations(pub(crate) Vec<Declaration>);

pub(crate) enum Declaration {
    Constant {
        name: String,
        value: String,
        doc: Doc,
    },
    Enum {
        name: String,
        values: Vec<EnumValue>,
        doc: Doc,
    },
    /// A handle, a callback or a function, without its semicolon and on one line.
    Other {
        text: String,
        doc: Doc,
    },
}

pub(crate) struct EnumValue {
    pub(crate) name: String,
    pub(crate) number: i32,
    pub(crate) doc: String,
}

/// The documentation before a declaration.
#[derive(Clone, Default)]
pub(crate) struct Doc {
    /// Paragraphs and code, without the last paragraph, which has the facts below.
    pub(crate) text: String,
    pub(crate) since: String,
    /// `no`, `briefly` or `yes`; none if it is not a function.
    pub(crate) blocks: Option<&'static str>,
}

impl Doc {
    fn read(lines: &[&str]) -> Self {
        let mut paragraphs = vec![String::new()];
        for line in lines {
            let line = line.strip_prefix('*').unwrap_or(line);
            let line = line.strip_prefix(' ').unwrap_or(line);
            let last = paragraphs.last_mut().unwrap();
            if line.is_empty() {
                paragraphs.push(String::new());
            } else if line.starts_with("    ") {
                last.push_str(if last.is_empty() { "" } else { "\n" });
                last.push_str(line);
            } else {
                last.push_str(if last.is_empty() { "" } else { " " });
                last.push_str(line);
            }
        }
        let mut doc = Self::default();
        if let Some(at) = paragraphs.last().unwrap().find("Since ") {
            let last = paragraphs.pop().unwrap();
            doc.since = last[at + 6..].trim_end_matches('.').to_owned();
            doc.blocks = match last[..at].trim() {
                "Does not block." => Some("no"),
                "Blocks for at most one second." => Some("briefly"),
                "Blocks." => Some("yes"),
                _ => None,
            };
        }
        doc.text = paragraphs.join("\n\n").trim().to_owned();
        doc
    }
}

impl Declarations {
    pub(crate) fn read(header: &str) -> Self {
        let mut found = Vec::new();
        let mut lines =
            header.lines().map(str::trim).skip_while(|line| *line != "#ifndef AURA_USERS_H");
        lines.nth(1); // and the guard's #define
        let mut doc = Vec::new();
        let mut of_enum = None;
        let mut values = Vec::new();
        let mut text = String::new();
        while let Some(line) = lines.next() {
            match line {
                "/**" => doc = lines.by_ref().take_while(|line| *line != "*/").collect(),
                "typedef enum {" => of_enum = Some(Doc::read(&take(&mut doc))),
                _ if line.starts_with("#define ") => {
                    let mut words = line.split(' ').skip(1);
                    let name = words.next().unwrap().to_owned();
                    let value = words.collect::<Vec<_>>().join(" ").trim_matches('"').to_owned();
                    found.push(Declaration::Constant {
                        name,
                        value,
                        doc: Doc::read(&take(&mut doc)),
                    });
                }
                // Other preprocessor lines, and the braces of extern "C".
                _ if line.is_empty() || line.starts_with(['#', '/']) => {}
                "extern \"C\" {" | "}  // extern \"C\"" => {}
                _ if of_enum.is_some() && line.starts_with('}') => {
                    let name = line.trim_matches(['}', ' ', ';']).to_owned();
                    let (doc, values) = (of_enum.take().unwrap(), take(&mut values));
                    found.push(Declaration::Enum { name, values, doc });
                }
                _ if of_enum.is_some() => {
                    let (name, number) = line.trim_end_matches(',').split_once(" = ").unwrap();
                    let doc = Doc::read(&take(&mut doc)).text;
                    values.push(EnumValue {
                        name: name.into(),
                        number: number.parse().unwrap(),
                        doc,
                    });
                }
                _ => {
                    text.push_str(line);
                    if text.ends_with(';') {
                        text.pop();
                        let (text, doc) = (take(&mut text), Doc::read(&take(&mut doc)));
                        found.push(Declaration::Other { text, doc });
                    } else {
                        text.push(' ');
                    }
                }
            }
        }
        Self(found)
    }
}

impl Declarations {
    /// The status of this number.
    pub(crate) fn value(&self, number: i32) -> &EnumValue {
        let values = self.0.iter().find_map(|declaration| match declaration {
            Declaration::Enum { name, values, .. } if name == "aura_status" => Some(values),
            _ => None,
        });
        values.unwrap().iter().find(|value| value.number == number).unwrap()
    }

    pub(crate) fn constants(&self) -> Vec<Value> {
        let constant = |declaration: &Declaration| match declaration {
            Declaration::Constant { name, value, doc } => {
                Some(json!({"name": name, "value": value, "doc": doc.text, "since": doc.since}))
            }
            _ => None,
        };
        self.0.iter().filter_map(constant).collect()
    }

    pub(crate) fn enums(&self) -> Vec<Value> {
        let one = |declaration: &Declaration| {
            let Declaration::Enum { name, values, doc } = declaration else { return None };
            let prefix = if name == "aura_status" { "AURA_" } else { "AURA_LOG_" };
            let value = |value: &EnumValue| {
                let text = value.name.strip_prefix(prefix).unwrap().to_lowercase();
                json!({"name": value.name, "number": value.number, "text": text, "doc": value.doc})
            };
            let values: Vec<_> = values.iter().map(value).collect();
            Some(json!({"name": name, "type": "int32_t", "values": values, "doc": doc.text,
                "since": doc.since}))
        };
        self.0.iter().filter_map(one).collect()
    }

    pub(crate) fn handles(&self) -> Vec<Value> {
        let one = |declaration: &Declaration| {
            let Declaration::Other { text, doc } = declaration else { return None };
            let name = text.strip_prefix("typedef struct ")?.split(' ').next()?;
            Some(json!({"name": name, "free": format!("{name}_free"), "doc": doc.text,
                "since": doc.since}))
        };
        self.0.iter().filter_map(one).collect()
    }

    pub(crate) fn callbacks(&self) -> Vec<Value> {
        let one = |declaration: &Declaration| {
            let Declaration::Other { text, doc } = declaration else { return None };
            let (result, rest) = text.strip_prefix("typedef ")?.split_once(" (*")?;
            let (name, parameters) = rest.split_once(")(")?;
            let parameters: Vec<_> = split(parameters.trim_end_matches(')'))
                .map(|(kind, name)| json!({"name": name, "type": kind}))
                .collect();
            Some(json!({"name": name, "result": result, "parameters": parameters, "doc": doc.text,
                "since": doc.since}))
        };
        self.0.iter().filter_map(one).collect()
    }

    pub(crate) fn functions(&self) -> Vec<Value> {
        let one = |declaration: &Declaration| {
            let Declaration::Other { text, doc } = declaration else { return None };
            if text.starts_with("typedef") {
                return None;
            }
            let (head, parameters) = text.split_once('(')?;
            let at = head.rfind([' ', '*'])? + 1;
            let (result, name) = (head[..at].trim(), &head[at..]);
            let parameters: Vec<_> = split(parameters.trim_end_matches(')')).collect();
            let described: Vec<_> =
                parameters.iter().map(|part| roles::parameter(name, part, &doc.text)).collect();
            Some(json!({
                "name": name,
                "result": roles::result(name, result, &parameters, &doc.text),
                "parameters": described,
                "blocks": doc.blocks,
                "doc": doc.text,
                "since": doc.since,
            }))
        };
        self.0.iter().filter_map(one).collect()
    }
}

/// The type and the name of each parameter.
fn split(parameters: &str) -> impl Iterator<Item = (String, String)> + '_ {
    parameters.split(',').map(str::trim).filter(|part| *part != "void").map(|part| {
        let at = part.rfind([' ', '*']).unwrap() + 1;
        (part[..at].trim().to_owned(), part[at..].to_owned())
    })
}
