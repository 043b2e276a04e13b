//! Backup, restoration and verification with the real binary, beside a server at work.

use crate::harness::{Running, stderr, stdout, zhizhen};
use crate::town::{export, import, town};
use std::path::{Path, PathBuf};

fn columns(data: &Path) -> PathBuf {
    let entries = std::fs::read_dir(data.join("samples")).unwrap().map(|e| e.unwrap().path());
    entries.into_iter().find(|p| p.to_string_lossy().contains("cols-")).unwrap()
}

#[test]
fn a_running_server_is_backed_up_twice_restored_and_every_damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, copy, other) = (path("data"), path("copy"), path("other"));
    town(folder.path(), &data);
    import(folder.path(), &data, "2021-06-29", 300);
    let serve = ["serve", "--data", &data, "--http", "127.0.0.1:0", "--sl651", "127.0.0.1:0"];
    let server = Running::start(&serve).unwrap();
    let first = zhizhen(&["backup", &copy, "--data", &data]);
    assert!(first.status.success(), "{}{}", stdout(&first), stderr(&first));
    assert_eq!(server.terminate(), Some(0));
    import(folder.path(), &data, "2021-06-30", 200);
    let second = zhizhen(&["backup", &copy, "--data", &data]);
    assert!(second.status.success(), "{}", stderr(&second));
    let sound = zhizhen(&["verify", &copy]);
    assert!(sound.status.success() && stdout(&sound).contains("0 damaged"), "{}", stdout(&sound));

    let restored = zhizhen(&["restore", &copy, "--data", &other]);
    assert!(restored.status.success(), "{}{}", stdout(&restored), stderr(&restored));
    assert_eq!(export(&data).lines().count(), 801);
    assert!(export(&data) == export(&other));
    let again = zhizhen(&["restore", &copy, "--data", &other]);
    assert!(!again.status.success() && stderr(&again).contains("new data directory"), "{}", stderr(&again));
    let itself = zhizhen(&["backup", &path("data/copy"), "--data", &data]);
    assert!(!itself.status.success() && stderr(&itself).contains("another folder"), "{}", stderr(&itself));
    let none = zhizhen(&["restore", folder.path().to_str().unwrap(), "--data", &path("new")]);
    assert!(!none.status.success() && stderr(&none).contains("no whole backup"), "{}", stderr(&none));
}

#[test]
fn a_damaged_block_is_named_by_file_place_and_rows_and_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let text = data.to_str().unwrap().to_owned();
    town(folder.path(), &text);
    import(folder.path(), &text, "2021-06-29", 300);
    // Sealed and merged: what is there becomes a file of columns.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = store::Store::open(store::Options::new(&data)).await.unwrap();
        store.samples.settle().await.unwrap();
        store.close().await;
    });
    let path = columns(&data);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let found = zhizhen(&["verify", "--data", &text]);
    let said = stdout(&found);
    assert!(!found.status.success(), "{said}");
    let name = path.file_name().unwrap().to_str().unwrap();
    for words in [name, "byte 8", "the rows of point 1 from 2021-06-29T00:00:00+08:00", "1 damaged"] {
        assert!(said.contains(words), "`{words}` is missing from: {said}");
    }
    // The other point's rows are all there.
    let left = export(&text);
    assert_eq!(left.lines().filter(|line| line.starts_with("2,")).count(), 300);
}
