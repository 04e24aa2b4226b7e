//! Packages of Debian.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::process;
use crate::tools::ToolError;

/// Installs packages, and starts none of the services that come with them. Only root may install:
/// anybody else is told what to install.
pub(crate) fn install_debian(packages: &[&str]) -> Result<(), ToolError> {
    let is_root = process::output(Command::new("id").arg("-u"))? == "0";
    if !is_root || !process::works(Command::new("apt-get").arg("--version")) {
        let packages = packages.join(" ");
        return Err(ToolError::Missing { packages });
    }
    let apt_get = |arguments: &[&str]| {
        let mut apt_get = Command::new("apt-get");
        apt_get.env("DEBIAN_FRONTEND", "noninteractive");
        process::run(apt_get.args(arguments))
    };
    apt_get(&["update"])?;
    let _no_services = NoServices::begin()?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"], packages].concat())?;
    Ok(())
}

/// What installation scripts ask before they start a service.
const POLICY: &str = "/usr/sbin/policy-rc.d";
/// The exit code says: not allowed.
const NOT_ALLOWED: &str = "#!/bin/sh\nexit 101\n";

/// While it lives, no installation starts a service: the tests start what they need, on ports of
/// their own. If the machine has a policy already, that one stays.
struct NoServices {
    is_ours: bool,
}

impl NoServices {
    fn begin() -> Result<Self, ToolError> {
        let written = write_policy();
        match written {
            Ok(()) => Ok(Self { is_ours: true }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(Self { is_ours: false })
            }
            Err(source) => Err(ToolError::Write {
                path: POLICY.into(),
                source,
            }),
        }
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.is_ours {
            // Whoever runs this is root and has just written it.
            let _ = fs::remove_file(POLICY);
        }
    }
}

fn write_policy() -> io::Result<()> {
    let mut file = File::create_new(POLICY)?;
    file.write_all(NOT_ALLOWED.as_bytes())?;
    file.set_permissions(Permissions::from_mode(0o755))
}
