//! What `insight parse` prints keeps to the published schema, whatever it reads.

use std::fs;

use insight::wire::{Document, JSON_SCHEMA};

use crate::support;

/// Reading, and above all validating, larger files takes long without optimisation.
const LARGEST: u64 = 400_000;

#[test]
fn every_sample_gives_a_valid_document() {
    let schema = serde_json::from_str(JSON_SCHEMA).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let mut files = support::files_below(&support::project("samples"));
    for corpus in ["../shared/corpus/exp", "../../shared/corpus/exp"] {
        files.extend(support::files_below(&support::project(corpus)));
    }
    let mut read = 0;
    for path in files {
        if fs::metadata(&path).map_or(0, |metadata| metadata.len()) > LARGEST {
            continue;
        }
        let Ok(input) = insight::ingest::read_path(&path, &insight::ingest::InputOptions::default()) else { continue };
        let document = Document::new(&input.parsed.value, &input.parsed.diagnostics);
        let json = serde_json::to_value(&document).expect("a document is JSON");
        let errors: Vec<String> =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
        let again: Document = serde_json::from_value(json).expect("its own document");
        assert_eq!(again, document);
        read += 1;
    }
    assert!(read >= 20, "only {read} samples");
}
