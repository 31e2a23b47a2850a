//! Says which pages are embedded: the built console, or the page that says how to build it.
//! Nothing is built here; `cargo xtask console` does that.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=ui/dist");
    println!("cargo::rerun-if-changed=ui/fallback");
    let ui = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("ui");
    let built = ui.join("dist");
    let files = if built.join("index.html").is_file() { built } else { ui.join("fallback") };
    println!("cargo::rustc-env=CONSOLE_FILES={}", files.display());
}
