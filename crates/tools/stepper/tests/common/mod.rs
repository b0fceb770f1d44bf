//! What the tests that record have in common.

use std::sync::OnceLock;

use labkit::{Workspace, missing_network, missing_program};
use stepper::recording::Recording;
use stepper::scenes::{self, Language, Scene};

/// Why nothing can be recorded here; none if it can.
pub(crate) fn missing() -> Option<String> {
    missing_program("cc").or_else(missing_network)
}

/// Records a scene. The Rust programs are built the first time.
pub(crate) fn record(scene: &Scene, language: Language) -> Recording {
    static BUILT: OnceLock<Workspace> = OnceLock::new();
    let workspace = BUILT.get_or_init(|| {
        let workspace = Workspace::here().unwrap();
        workspace.build().unwrap();
        workspace
    });
    scenes::record(workspace, scene, language).unwrap()
}
