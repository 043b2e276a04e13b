//! The data directory as a whole.

use crate::engines::Place;
use crate::town::{self, at};
use store::{Options, SqlUrl, Store, StoreError};

#[tokio::test]
async fn a_second_process_is_told_who_has_the_data_directory() {
    let place = Place::sqlite();
    let store = place.open().await;
    let error = Store::open(place.options()).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Locked { pid: Some(pid), .. } if *pid == std::process::id()),
        "{error}"
    );
    assert!(error.to_string().contains("stop it, or choose another data directory"), "{error}");
    // Closing gives it back, even while somebody still holds a clone of the store.
    let clone = store.clone();
    store.close().await;
    place.open().await.close().await;
    drop(clone);
}

#[tokio::test]
async fn a_data_directory_with_an_awkward_name_works() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("数据 100%?#&=x");
    for _ in 0..2 {
        let store = Store::open(Options::new(&dir)).await.unwrap();
        town::found(&store.tables).await.unwrap();
        store.close().await;
    }
    let names: Vec<_> = std::fs::read_dir(parent.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [dir.file_name().unwrap()]);
    assert!(dir.join("zhizhen.db").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = Store::open(Options::new(file.join("data"))).await.unwrap_err();
    assert!(error.to_string().starts_with("making the folder `"), "{error}");
}

#[tokio::test]
async fn a_closed_store_takes_nothing_more() {
    let place = Place::sqlite();
    let store = place.open().await;
    let (samples, tables) = (store.samples.clone(), store.tables.clone());
    assert!(samples.is_writing());
    store.close().await;
    assert!(!samples.is_writing());
    assert!(tables.begin(town::DESK, at(0)).await.is_err());
    assert!(matches!(
        samples.append(crate::measured::packet(1, 1, &[1.0])).await,
        Err(StoreError::Closed { .. })
    ));
}

#[test]
fn the_stores_url_says_which_engine() {
    assert_eq!("sqlite".parse::<SqlUrl>().unwrap(), SqlUrl::Sqlite);
    assert!(matches!("postgres://u@h/db".parse::<SqlUrl>().unwrap(), SqlUrl::Postgres(_)));
    assert!("mysql://u@h/db".parse::<SqlUrl>().is_err());
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_an_error_and_names_no_password() {
    let place = Place::postgres("postgres://u:secret@127.0.0.1:1/db".into());
    let error = Store::open(place.options()).await.unwrap_err();
    assert!(matches!(error, StoreError::Sql { .. }), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}
