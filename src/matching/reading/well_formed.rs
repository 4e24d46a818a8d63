//! Whether bytes are the protocol buffer messages of an ONNX file.
//!
//! The runtime's own reader (rten-onnx 0.27) never returns on a variable-length integer of ten
//! bytes that is not ended, and goes backwards on a length beyond 2^63: a damaged file would
//! hang the start of the service. So the parts that it reads are walked here first.

/// Deepest nesting that is followed: graphs within attributes within graphs.
const MAX_DEPTH: u8 = 32;

/// The messages of onnx.proto3 that hold other messages or packed integers.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    SequenceType,
    Shape,
    /// Fields and no messages in them.
    Flat,
    /// No fields: integers one after the other.
    Integers,
}

impl Message {
    /// What the field of this number holds; `None` = bytes or text.
    fn holds(self, field: u64) -> Option<Message> {
        use Message::*;
        Some(match (self, field) {
            (Model, 7) => Graph,
            (Model, 8 | 14) => Flat,
            (Graph, 1) => Node,
            (Graph, 5) => Tensor,
            (Graph, 11..=13) => ValueInfo,
            (Node, 5) => Attribute,
            (Attribute, 5 | 10) => Tensor,
            (Attribute, 6 | 11) => Graph,
            (Attribute, 8) => Integers,
            (Tensor, 1 | 5 | 7 | 11) => Integers,
            (Tensor, 13) => Flat,
            (ValueInfo, 2) | (SequenceType, 1) => Type,
            (Type, 1) => TensorType,
            (Type, 4) => SequenceType,
            (TensorType, 2) => Shape,
            (Shape, 1) => Flat,
            _ => return None,
        })
    }
}

/// Why the bytes are no ONNX file, as the end of a sentence.
pub(super) fn check(bytes: &[u8]) -> Result<(), &'static str> {
    walk(bytes, Message::Model, 0)
}

fn walk(mut rest: &[u8], message: Message, depth: u8) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("its parts are nested too deeply");
    }
    while !rest.is_empty() {
        let key = integer(&mut rest)?;
        if matches!(message, Message::Integers) {
            continue;
        }
        match key & 7 {
            0 => {
                integer(&mut rest)?;
            }
            1 => {
                take(&mut rest, 8)?;
            }
            2 => {
                let length = integer(&mut rest)?;
                let content = take(&mut rest, length)?;
                if let Some(inner) = message.holds(key >> 3) {
                    walk(content, inner, depth + 1)?;
                }
            }
            5 => {
                take(&mut rest, 4)?;
            }
            _ => return Err("it is not made of ONNX fields"),
        }
    }
    Ok(())
}

/// A variable-length integer of at most 64 bits.
fn integer(rest: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0;
    for (place, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 && (place < 9 || *byte <= 1) {
            *rest = &rest[place + 1..];
            return Ok(value);
        }
    }
    Err("it holds a number that does not end")
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], &'static str> {
    let length = usize::try_from(length).ok().filter(|length| *length <= rest.len()).ok_or("it ends early")?;
    let (content, after) = rest.split_at(length);
    *rest = after;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::super::onnx_bytes::{Attribute, OnnxFile};
    use super::*;

    #[test]
    fn a_whole_file_is_well_formed_and_one_cut_inside_its_graph_is_not() {
        let whole = OnnxFile::new()
            .ints("axes", &[1, 2])
            .node("Neg", &["input"], "output", &[("perm", Attribute::Ints(&[0, 2, 1]))])
            .finish(&[Some(1), None]);
        assert_eq!(check(&whole), Ok(()));
        assert!(check(&whole[..whole.len() / 2]).is_err());
    }

    #[test]
    fn a_number_that_does_not_end_is_found_at_every_depth() {
        let endless = [0xFF; 12];
        let inside = |field: u8, content: &[u8]| [&[field << 3 | 2, content.len() as u8], content].concat();
        assert!(check(&endless).is_err());
        assert!(check(&inside(7, &endless)).is_err());
        assert!(check(&inside(7, &inside(1, &inside(5, &endless)))).is_err());
        assert!(check(&inside(7, &inside(5, &inside(7, &endless)))).is_err());
        // In a text it is no number.
        assert_eq!(check(&inside(2, &endless)), Ok(()));
    }

    #[test]
    fn a_length_beyond_the_file_or_beyond_any_file_is_refused() {
        assert_eq!(check(&[0x12, 5, 1]), Err("it ends early"));
        let backwards = [&[0x12][..], &[0xFF; 9], &[1]].concat();
        assert_eq!(check(&backwards), Err("it ends early"));
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let mut graph = Vec::new();
        for _ in 0..60 {
            for field in [6_u8, 5, 1] {
                let mut outer = vec![field << 3 | 2];
                let mut length = graph.len();
                while length > 0x7F {
                    outer.push(length as u8 | 0x80);
                    length >>= 7;
                }
                outer.push(length as u8);
                outer.append(&mut graph);
                graph = outer;
            }
        }
        let mut model = vec![7 << 3 | 2];
        model.extend([graph.len() as u8 | 0x80, (graph.len() >> 7) as u8]);
        model.append(&mut graph);
        assert_eq!(check(&model), Err("its parts are nested too deeply"));
    }
}
