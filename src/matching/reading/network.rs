//! Neural networks as data: ONNX bytes in, numbers out.
//!
//! One runtime, `rten`, serves the text reader and an operator's embedding: it is Rust
//! alone, loads ONNX files as they are published, has no file to install beside the program,
//! and knows the operators of both families (convolutions, recurrences, transformers). It
//! promises that a model can neither read nor write outside its own values, and it promises
//! nothing about time or memory: those are bounded here by the size of what goes in, so model
//! files must come from someone who is trusted with the service's time.
//!
//! The same file and input give the same numbers on the same kind of processor. Processors
//! with other vector widths may differ in the last bits, which is why what was read or
//! measured is recorded with a verdict rather than computed again when it is replayed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rten::{Dimension, Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::Layout as _;

use super::well_formed;
use crate::kernel::Digest;

/// Why a network could not be loaded or did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkProblem {
    /// The bytes are no ONNX model that the runtime takes.
    #[error("the {role} is not a usable ONNX model: {detail}; fetch or export the file again")]
    Unreadable {
        /// What the model was to be: "text detector".
        role: &'static str,
        /// What the runtime says, cut to 300 characters.
        detail: String,
    },
    /// The model has other inputs or outputs than its role needs.
    #[error("the {role} does not fit its role: {detail}; use a model exported for it")]
    Unfit {
        /// What the model was to be.
        role: &'static str,
        /// What was expected and what the model has.
        detail: String,
    },
    /// The model failed on an input.
    #[error("the {role} failed on a picture: {detail}; test the model file with its maker's own tools")]
    Failed {
        /// What the model was to be.
        role: &'static str,
        /// What the runtime says, cut to 300 characters.
        detail: String,
    },
}

/// The threads that networks work on. Calls beyond their number wait, so that inference never
/// takes more than this many cores from the service.
#[derive(Clone)]
pub struct Workers(Arc<ThreadPool>);

impl Workers {
    /// `threads` worker threads, at least one.
    pub fn new(threads: usize) -> Self {
        Self(Arc::new(ThreadPool::with_num_threads(threads.max(1))))
    }
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Workers")
    }
}

/// What a network answered: a tensor of any rank, last axis innermost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// Its axes.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Vec<f32>,
}

/// A loaded network with one picture input and one output of interest.
pub(crate) struct Network {
    role: &'static str,
    model: Model,
    input: NodeId,
    output: NodeId,
    workers: Workers,
    digest: Digest,
}

impl Network {
    /// Loads a model; `output` names the output to use, else the first one is.
    ///
    /// Fails when the bytes are no ONNX model, use an operator the runtime does not know, or
    /// the model has no input or not the named output.
    pub fn load(
        role: &'static str,
        bytes: Vec<u8>,
        output: Option<&str>,
        workers: &Workers,
    ) -> Result<Self, NetworkProblem> {
        if let Err(detail) = well_formed::check(&bytes) {
            return Err(NetworkProblem::Unreadable { role, detail: detail.to_owned() });
        }
        let digest = Digest::of(&bytes);
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let loaded = catch_unwind(AssertUnwindSafe(|| options.load(bytes)));
        let model = match loaded {
            Ok(Ok(model)) => model,
            Ok(Err(error)) => return Err(NetworkProblem::Unreadable { role, detail: brief(&error) }),
            Err(_) => return Err(NetworkProblem::Unreadable { role, detail: "the runtime gave up on it".into() }),
        };
        let input = match model.input_ids() {
            [only] => *only,
            others => {
                let detail = format!("one input is needed and it has {}", others.len());
                return Err(NetworkProblem::Unfit { role, detail });
            }
        };
        let chosen = match output {
            None => model.output_ids().first().copied(),
            Some(name) => model.find_node(name).filter(|node| model.output_ids().contains(node)),
        };
        let Some(output) = chosen else {
            let detail = format!("it has no output {}", output.map_or("at all".to_owned(), |name| format!("{name:?}")));
            return Err(NetworkProblem::Unfit { role, detail });
        };
        Ok(Self { role, model, input, output, workers: workers.clone(), digest })
    }

    /// SHA-256 of the model file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The axes of the input where the model fixes them; `None` = any size.
    pub fn input_axes(&self) -> Option<Vec<Option<usize>>> {
        let axes = self.model.input_shape(0)?;
        let fixed = |axis| if let Dimension::Fixed(size) = axis { Some(size) } else { None };
        Some(axes.into_iter().map(fixed).collect())
    }

    /// A text that the model's maker stored in the file under `name`.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.model.metadata().get(name)
    }

    /// Runs the network on one tensor of the given axes.
    ///
    /// Fails when the runtime does, or when the answer is not made of finite floats. Never panics.
    pub fn run(&self, shape: [usize; 4], values: Vec<f32>) -> Result<Answer, NetworkProblem> {
        let input = Value::from_shape(shape, values).map_err(|error| self.failed(brief(&error)))?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.workers.0)));
        // A fault in the runtime or the model must cost one picture, not the service.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.model.run(vec![(self.input, input.into())], &[self.output], Some(options))
        }));
        let outputs = match outcome {
            Ok(Ok(outputs)) => outputs,
            Ok(Err(error)) => return Err(self.failed(brief(&error))),
            Err(_) => return Err(self.failed("the runtime gave up".into())),
        };
        let Some(Value::FloatTensor(tensor)) = outputs.into_iter().next() else {
            return Err(self.failed("its output is not a tensor of floats".into()));
        };
        let shape = tensor.shape().to_vec();
        let values = tensor.into_data();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(self.failed("its output holds values that are not finite".into()));
        }
        Ok(Answer { shape, values })
    }

    /// The complaint that the model's answer has other axes than its role needs.
    pub fn unfit(&self, detail: String) -> NetworkProblem {
        NetworkProblem::Unfit { role: self.role, detail }
    }

    fn failed(&self, detail: String) -> NetworkProblem {
        NetworkProblem::Failed { role: self.role, detail }
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Network({}, {})", self.role, self.digest.short())
    }
}

fn brief(error: &dyn std::fmt::Display) -> String {
    error.to_string().chars().take(300).collect()
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
