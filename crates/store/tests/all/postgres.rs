//! A private PostgreSQL server from the installed binaries, stopped when it goes out of scope.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The database user of the tests.
const USER: &str = "zhizhen";

pub(crate) struct Server {
    bin: PathBuf,
    /// Its data, its socket, its log.
    dir: tempfile::TempDir,
}

impl Server {
    /// `None` when no server is installed.
    pub(crate) fn start() -> Option<Self> {
        let bin = binaries()?;
        let dir = tempfile::Builder::new().prefix("zzpg").tempdir().unwrap();
        if is_root() {
            // The server refuses to run as root: it runs as its own user, who owns the folder.
            let id = |flag| {
                let out = Command::new("id").args([flag, "postgres"]).output().unwrap();
                String::from_utf8(out.stdout).unwrap().trim().parse::<u32>().unwrap()
            };
            std::os::unix::fs::chown(dir.path(), Some(id("-u")), Some(id("-g"))).unwrap();
        }
        let server = Self { bin, dir };
        let data = server.data();
        let data = data.to_str().unwrap();
        server
            .run("initdb", &["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        let log = server.dir.path().join("log");
        let socket = server.dir.path().display();
        // Nothing of it has to outlive the test: no trip to the disk.
        let settings = format!("-k {socket} -p 5432 -c listen_addresses= -c fsync=off -c max_connections=60");
        server
            .run("pg_ctl", &["-D", data, "-w", "-s", "-l", log.to_str().unwrap(), "-o", &settings, "start"]);
        Some(server)
    }

    /// The URL of a new, empty database.
    pub(crate) fn database(&self, name: &str) -> String {
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).take(60).collect();
        let socket = self.dir.path().to_str().unwrap();
        let name = name.to_lowercase();
        self.run("createdb", &["-h", socket, "-p", "5432", "-U", USER, &name]);
        format!("postgres://{USER}@{}:5432/{name}", socket.replace('/', "%2F"))
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut as_postgres = Command::new("setpriv");
            as_postgres.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(&program);
            as_postgres
        } else {
            Command::new(&program)
        };
        // The server must not hold the test's own output open: files, not pipes.
        let said = tempfile::tempfile().unwrap();
        let status = command
            .args(arguments)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said.try_clone().unwrap())
            .status()
            .unwrap();
        let mut text = String::new();
        if !status.success() {
            use std::io::{Read as _, Seek as _};
            let mut said = said;
            said.rewind().unwrap();
            said.read_to_string(&mut text).unwrap();
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            panic!("{} failed: {text}\n{log}", program.display());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-D", self.data().to_str().unwrap(), "-m", "immediate", "-s", "-w", "stop"]);
    }
}

/// The folder of `initdb`: on the PATH, or the newest of Debian's.
fn binaries() -> Option<PathBuf> {
    let needed = ["initdb", "pg_ctl", "postgres", "createdb"];
    let holds = |dir: &Path| needed.iter().all(|name| dir.join(name).exists());
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(dir) = std::env::split_paths(&path).find(|dir| holds(dir)) {
        return Some(dir);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut bins: Vec<PathBuf> =
        versions.flatten().map(|v| v.path().join("bin")).filter(|b| holds(b)).collect();
    bins.sort();
    bins.pop()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}
