//! XML in pieces: each element of interest as a small tree, everything else passed over, so that a
//! list of a hundred megabytes needs the memory of one entity.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::model::ReadListError;

/// Deepest nesting that is read. Official lists stay below twenty.
const MAX_DEPTH: usize = 64;
/// Most elements of one tree.
const MAX_NODES: usize = 200_000;

/// An element with its content.
#[derive(Debug, Default, Clone)]
pub struct Node {
    /// Name without prefix.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// Text directly within.
    pub text: String,
    children: Vec<Node>,
}

impl Node {
    /// The value of an attribute, empty if it is not there.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim())
    }

    /// The children with a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// All elements below with a name, at any depth.
    pub fn below<'a>(&'a self, name: &'a str) -> Vec<&'a Node> {
        let mut found = Vec::new();
        let mut waiting: Vec<&Node> = self.children.iter().rev().collect();
        while let Some(node) = waiting.pop() {
            if node.name == name {
                found.push(node);
            }
            waiting.extend(node.children.iter().rev());
        }
        found
    }

    /// The text of the first child with a name, empty if it is not there.
    pub fn text_of(&self, name: &str) -> &str {
        self.children.iter().find(|child| child.name == name).map_or("", |child| child.text.trim())
    }
}

/// Gives `take` each element that has one of the names, wherever it stands, as a tree; answers the
/// root without its content.
///
/// # Errors
/// When the text is not well-formed, ends early, or its root is another than `root`.
pub fn each(
    text: &str,
    layout: &'static str,
    root: &str,
    names: &[&str],
    mut take: impl FnMut(Node),
) -> Result<Node, ReadListError> {
    let mut reader = Reader::from_str(text);
    let mut found_root: Option<Node> = None;
    let mut depth = 0usize;
    let mut open: Vec<Node> = Vec::new();
    let mut nodes = 0usize;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| problem_of(&error, text.len(), reader.buffer_position() as usize, layout))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                let node = node_of(&start);
                check_root(&mut found_root, &node, root, layout)?;
                if depth > MAX_DEPTH || nodes > MAX_NODES {
                    let problem = "its elements are nested too deep or too many".to_owned();
                    return Err(ReadListError::Layout { layout, problem });
                }
                if !open.is_empty() || names.contains(&node.name.as_str()) {
                    nodes += 1;
                    open.push(node);
                }
            }
            Event::Empty(start) => {
                let node = node_of(&start);
                check_root(&mut found_root, &node, root, layout)?;
                nodes += 1;
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None if names.contains(&node.name.as_str()) => take(node),
                    None => {}
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some(node) = open.pop() {
                    match open.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => {
                            nodes = 0;
                            take(node);
                        }
                    }
                }
                if open.is_empty() {
                    nodes = 0;
                }
            }
            Event::Text(piece) => push_text(&mut open, &piece.xml10_content()),
            Event::CData(piece) => push_text(&mut open, &piece.xml10_content()),
            Event::GeneralRef(reference) => {
                let name: &str = reference.as_ref();
                let letter = reference.resolve_char_ref().ok().flatten().map(String::from);
                let known = quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned);
                push_text(&mut open, &letter.or(known).unwrap_or_default());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if depth > 0 {
        return Err(ReadListError::Cut { problem: format!("{depth} elements are not closed") });
    }
    found_root.ok_or_else(|| ReadListError::Layout { layout, problem: "it has no element".to_owned() })
}

fn check_root(found: &mut Option<Node>, node: &Node, root: &str, layout: &'static str) -> Result<(), ReadListError> {
    if found.is_none() {
        if node.name != root {
            let problem = format!("its root is <{}>, not <{root}>", node.name);
            return Err(ReadListError::Layout { layout, problem });
        }
        *found = Some(node.clone());
    }
    Ok(())
}

fn push_text(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

fn node_of(start: &BytesStart) -> Node {
    let attributes = start.attributes().flatten().map(|attribute| {
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map(|value| value.into_owned());
        (attribute.key.local_name().as_ref().to_owned(), value.unwrap_or_default())
    });
    Node { name: start.local_name().as_ref().to_owned(), attributes: attributes.collect(), ..Node::default() }
}

/// A fault at the very end is a cut, elsewhere it is a wrong file.
fn problem_of(error: &quick_xml::Error, length: usize, at: usize, layout: &'static str) -> ReadListError {
    let problem = format!("{error} at byte {at}");
    if at + 1 >= length || matches!(error, quick_xml::Error::Syntax(_)) {
        ReadListError::Cut { problem }
    } else {
        ReadListError::Layout { layout, problem }
    }
}
