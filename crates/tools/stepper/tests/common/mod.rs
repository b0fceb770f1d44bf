//! What the tests that record have in common.

use std::process::Command;
use std::sync::OnceLock;

use labkit::{Workspace, missing_program, root};
use stepper::recording::Recording;
use stepper::scenes::{self, Language, Scene};

/// Why nothing can be recorded here; none if it can. What scripts/lab says where this machine refuses private networks.
pub(crate) fn missing() -> Option<String> {
    missing_program("cc").or_else(|| {
        let lab = Command::new(root().join("scripts/lab")).arg("--try").output().unwrap();
        (!lab.status.success()).then(|| String::from_utf8_lossy(&lab.stderr).trim_end().to_string())
    })
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
