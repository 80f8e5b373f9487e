//! Finds libinterproc.so: where INTERPROC_LIB_DIR says, else by pkg-config, else in the build of the checkout around us.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=INTERPROC_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    println!("cargo:rustc-link-lib=dylib=interproc");
    let given = env::var_os("INTERPROC_LIB_DIR").map(PathBuf::from);
    if let Some(folder) = given.or_else(by_pkg_config).or_else(in_checkout) {
        println!("cargo:rustc-link-search=native={}", folder.display());
        // For this package's own tests and examples, which run where they are built.
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}

fn by_pkg_config() -> Option<PathBuf> {
    let command = env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into());
    let output = Command::new(command).args(["--variable=libdir", "interproc"]).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    let folder = folder.trim();
    (output.status.success() && !folder.is_empty()).then(|| PathBuf::from(folder))
}

fn in_checkout() -> Option<PathBuf> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let folder = Path::new(&here).parent()?.join("build").join("Release");
    folder.join("libinterproc.so").exists().then_some(folder)
}
