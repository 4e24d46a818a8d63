//! Writes small ONNX files for tests: the protocol buffer messages of onnx.proto3 by hand.
//!
//! Only what the tests need: one graph, its initial values, nodes with attributes, one input
//! and one output, and texts beside the graph.

/// A message under construction.
#[derive(Default, Clone)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value > 0x7F {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Field `number` with an integer.
    fn int(mut self, number: u64, value: i64) -> Self {
        self.varint(number << 3);
        self.varint(value as u64);
        self
    }

    /// Field `number` with a 32-bit float.
    fn float(mut self, number: u64, value: f32) -> Self {
        self.varint(number << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Field `number` with bytes: a text or a message.
    fn bytes(mut self, number: u64, value: &[u8]) -> Self {
        self.varint(number << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn text(self, number: u64, value: &str) -> Self {
        self.bytes(number, value.as_bytes())
    }
}

/// An attribute of a node.
pub(crate) enum Attribute<'a> {
    /// One integer.
    Int(i64),
    /// One float.
    Float(f32),
    /// Several integers.
    Ints(&'a [i64]),
}

/// An ONNX file under construction: input `input` (floats), output `output` (floats).
#[derive(Default)]
pub(crate) struct OnnxFile {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    texts: Vec<Message>,
}

impl OnnxFile {
    /// A file without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node: its operator, the names it reads, the name it gives, its attributes.
    pub fn node(mut self, operator: &str, from: &[&str], to: &str, attributes: &[(&str, Attribute<'_>)]) -> Self {
        let mut node = from.iter().fold(Message::default(), |node, name| node.text(1, name)).text(2, to);
        node = node.text(3, to).text(4, operator);
        for (name, attribute) in attributes {
            let base = Message::default().text(1, name);
            let written = match attribute {
                Attribute::Float(value) => base.float(2, *value).int(20, 1),
                Attribute::Int(value) => base.int(3, *value).int(20, 2),
                Attribute::Ints(values) => values.iter().fold(base, |base, value| base.int(8, *value)).int(20, 7),
            };
            node = node.bytes(5, &written.0);
        }
        self.nodes.push(node);
        self
    }

    /// Adds constant floats under a name.
    pub fn floats(mut self, name: &str, axes: &[i64], values: &[f32]) -> Self {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constants.push(tensor(name, axes, 1, &raw));
        self
    }

    /// Adds constant 64-bit integers under a name.
    pub fn ints(mut self, name: &str, values: &[i64]) -> Self {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constants.push(tensor(name, &[values.len() as i64], 7, &raw));
        self
    }

    /// Adds a text beside the graph.
    pub fn describe(mut self, name: &str, value: &str) -> Self {
        self.texts.push(Message::default().text(1, name).text(2, value));
        self
    }

    /// The file; `axes` are those of the input, `None` = any length.
    pub fn finish(self, axes: &[Option<i64>]) -> Vec<u8> {
        let graph = self.nodes.iter().fold(Message::default(), |graph, node| graph.bytes(1, &node.0)).text(2, "test");
        let graph = self.constants.iter().fold(graph, |graph, constant| graph.bytes(5, &constant.0));
        let graph = graph.bytes(11, &value_info("input", Some(axes)).0).bytes(12, &value_info("output", None).0);
        let version = Message::default().text(1, "").int(2, 17);
        let model = Message::default().int(1, 8).bytes(7, &graph.0).bytes(8, &version.0);
        self.texts.iter().fold(model, |model, text| model.bytes(14, &text.0)).0
    }
}

/// TensorProto: axes, element type, name, raw little-endian data.
fn tensor(name: &str, axes: &[i64], element: i64, raw: &[u8]) -> Message {
    let axes = axes.iter().fold(Message::default(), |message, axis| message.int(1, *axis));
    axes.int(2, element).text(8, name).bytes(9, raw)
}

/// ValueInfoProto of a tensor of floats.
fn value_info(name: &str, axes: Option<&[Option<i64>]>) -> Message {
    let mut tensor = Message::default().int(1, 1);
    if let Some(axes) = axes {
        let axis = |axis: &Option<i64>| match axis {
            Some(length) => Message::default().int(1, *length),
            None => Message::default().text(2, "any"),
        };
        let shape = axes.iter().map(axis).fold(Message::default(), |shape, axis| shape.bytes(1, &axis.0));
        tensor = tensor.bytes(2, &shape.0);
    }
    let kind = Message::default().bytes(1, &tensor.0);
    Message::default().text(1, name).bytes(2, &kind.0)
}
