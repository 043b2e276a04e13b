//! Pictures.

use store::{FaultPlan, Options, Photos, Store, StoreError};

fn jpeg(size: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0];
    bytes.resize(size, 7);
    bytes
}

#[tokio::test]
async fn a_picture_is_kept_once_under_the_hash_of_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let key = store.photos.put(jpeg(5_000)).await.unwrap();
    assert!(key.len() == 68 && key.ends_with(".jpg"), "{key}");
    assert_eq!(store.photos.put(jpeg(5_000)).await.unwrap(), key);
    assert_eq!(store.photos.get(&key).await.unwrap(), Some(jpeg(5_000)));
    let png = store.photos.put(b"\x89PNG\r\n\x1a\n....".to_vec()).await.unwrap();
    let webp = store.photos.put(b"RIFF\0\0\0\0WEBPVP8 ".to_vec()).await.unwrap();
    assert!(png.ends_with(".png") && webp.ends_with(".webp"));
    assert_eq!(std::fs::read_dir(dir.path().join("photos")).unwrap().count(), 3);
    store.close().await;
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    for bytes in [b"<svg onload=alert(1)>".to_vec(), vec![], jpeg(Photos::MAX_BYTES + 1)] {
        assert!(matches!(store.photos.put(bytes).await, Err(StoreError::Invalid { .. })));
    }
    store.photos.put(jpeg(Photos::MAX_BYTES)).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_key_never_leads_out_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    for key in ["../zhizhen.db", "", "a.jpg", "/etc/passwd", &format!("{}.svg", "a".repeat(64))] {
        assert_eq!(store.photos.get(key).await.unwrap(), None, "{key}");
    }
    assert_eq!(store.photos.get(&format!("{}.jpg", "a".repeat(64))).await.unwrap(), None);
    store.close().await;
}

#[tokio::test]
async fn on_a_full_disk_a_picture_is_refused_and_nothing_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let fault = FaultPlan::changeable();
    let store = Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) }).await.unwrap();
    fault.disk_has_room_for(100);
    assert!(matches!(store.photos.put(jpeg(5_000)).await, Err(StoreError::Full { .. })));
    fault.disk_has_room();
    assert_eq!(std::fs::read_dir(dir.path().join("photos")).unwrap().count(), 0);
    store.photos.put(jpeg(5_000)).await.unwrap();
    store.close().await;
}
