//! The operator's network and how pictures are prepared for it.

use super::vector::{Embedding, VectorProblem};
use crate::matching::reading::network::{Network, NetworkProblem, Workers};
use crate::matching::reading::{ChannelOrder, Pixels};

/// How a picture is brought to the model's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Stretched to it; proportions are lost, nothing is cut off.
    #[default]
    Stretch,
    /// Scaled to cover it; what stands out on the longer side is cut off evenly.
    Cover,
}

/// What the operator says about the model, beside the file.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingSettings {
    /// A name for people, recorded with verdicts: 1 to 60 letters, digits, `-`, `_` or `.`.
    pub name: String,
    /// Width of the model's input in pixels.
    pub width: usize,
    /// Height of the model's input in pixels.
    pub height: usize,
    /// Mean of each channel, of values 0 to 1, in the model's channel order.
    #[serde(default = "imagenet_mean")]
    pub mean: [f32; 3],
    /// Standard deviation of each channel, likewise.
    #[serde(default = "imagenet_deviation")]
    pub deviation: [f32; 3],
    /// The order in which the model takes the channels.
    #[serde(default)]
    pub channels: ChannelOrder,
    /// How pictures are brought to the size.
    #[serde(default)]
    pub fit: Fit,
    /// The output that is the embedding; absent = the model's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Cosine from which two pictures match, −1 to 1: the model's own scale, so it has no
    /// default. Set it where at most one of a thousand unrelated pictures reaches it.
    pub min_similarity: f32,
}

/// What most published models are trained with (the ImageNet training set's own statistics,
/// as torchvision's models document them).
fn imagenet_mean() -> [f32; 3] {
    [0.485, 0.456, 0.406]
}

/// See [`imagenet_mean`].
fn imagenet_deviation() -> [f32; 3] {
    [0.229, 0.224, 0.225]
}

/// Why the operator's model cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EmbeddingProblem {
    /// A setting is out of range.
    #[error("the embedding's setting {setting} {problem}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The file or its answer.
    #[error(transparent)]
    Network(#[from] NetworkProblem),
    /// The model's answer is no embedding.
    #[error("the embedding model's answer cannot be used: {0}")]
    Vector(#[from] VectorProblem),
}

impl EmbeddingSettings {
    fn check(&self) -> Result<(), EmbeddingProblem> {
        let wrong = |setting, problem: String| Err(EmbeddingProblem::Setting { setting, problem });
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if self.name.is_empty() || self.name.len() > 60 || !self.name.chars().all(allowed) {
            return wrong("name", format!("is {:?}; use 1 to 60 of a–z, A–Z, 0–9, - _ and .", self.name));
        }
        for (setting, value) in [("width", self.width), ("height", self.height)] {
            if !(16..=1024).contains(&value) {
                return wrong(setting, format!("is {value}; use 16 to 1024 pixels"));
            }
        }
        if !self.mean.iter().all(|value| value.is_finite()) {
            return wrong("mean", "holds a value that is not a number; use three numbers".to_owned());
        }
        if !self.deviation.iter().all(|value| value.is_finite() && *value >= 1e-4) {
            return wrong("deviation", "must be three numbers of at least 0.0001".to_owned());
        }
        if !(-1.0..1.0).contains(&self.min_similarity) {
            return wrong("min_similarity", format!("is {}; use a cosine from −1 to below 1", self.min_similarity));
        }
        Ok(())
    }
}

/// A loaded model. Load once, share freely.
#[derive(Debug)]
pub struct EmbeddingModel {
    network: Network,
    settings: EmbeddingSettings,
    version: String,
    dimensions: usize,
}

impl EmbeddingModel {
    /// Loads an ONNX file and tries it on a picture.
    ///
    /// Fails when a setting is out of range, the bytes are no model, the model wants another
    /// input size, or its answer is not one vector of 8 to 4,096 dimensions. The file is run
    /// without limits of time and memory: take it from someone you trust.
    pub fn load(bytes: Vec<u8>, settings: EmbeddingSettings, workers: &Workers) -> Result<Self, EmbeddingProblem> {
        settings.check()?;
        let network = Network::load("embedding model", bytes, settings.output.as_deref(), workers)?;
        let wanted = [1, 3, settings.height, settings.width];
        let takes = network.input_axes().unwrap_or_else(|| vec![None; 4]);
        let fits = takes.len() == 4
            && takes.iter().zip(wanted).all(|(takes, wanted)| takes.is_none_or(|takes| takes == wanted));
        if !fits {
            let takes: Vec<String> =
                takes.iter().map(|axis| axis.map_or_else(|| "any".to_owned(), |axis| axis.to_string())).collect();
            let detail = format!("its input is {} and the settings give {wanted:?}", takes.join("×"));
            return Err(network.unfit(detail).into());
        }
        let version = format!("{}-{}", settings.name, network.digest().short());
        let mut model = Self { network, settings, version, dimensions: 0 };
        let colour = |at: usize| [(at % 251) as u8, (at % 241) as u8, (at % 239) as u8];
        let side = 64;
        let trial = Pixels::new(side, side, (0..side * side).flat_map(colour).collect()).expect("sizes agree");
        model.dimensions = model.embed(&trial)?.values().len();
        Ok(model)
    }

    /// The operator's name for it and the first twelve hexadecimal characters of the file's
    /// SHA-256: `copydetect-0a1b2c3d4e5f`. Embeddings of different versions do not compare.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Dimensions of its embeddings.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Cosine from which two pictures match.
    pub fn min_similarity(&self) -> f32 {
        self.settings.min_similarity
    }

    /// The embedding of one picture.
    ///
    /// Fails when the model does, or when its answer has no direction.
    pub fn embed(&self, picture: &Pixels) -> Result<Embedding, EmbeddingProblem> {
        let EmbeddingSettings { width, height, mean, deviation, channels, fit, .. } = self.settings;
        let prepared = match fit {
            Fit::Stretch => picture.scaled(width, height),
            Fit::Cover => picture.middle(width, height).scaled(width, height),
        };
        let input = prepared.planes(channels, mean, deviation);
        let answer = self.network.run([1, 3, height, width], input)?;
        // [1, n], [n] and [1, n, 1, 1] are all one vector.
        let axes = answer.shape.iter().filter(|axis| **axis != 1).count();
        if axes > 1 {
            let detail = format!("one vector is needed and it gives {:?}", answer.shape);
            return Err(self.network.unfit(detail).into());
        }
        Ok(Embedding::new(&answer.values)?)
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
