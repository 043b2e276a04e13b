//! The interface's files as a browser meets them. Holds with and without a built interface.

use ui::{Found, find};

#[test]
fn without_a_built_interface_the_page_says_how_to_get_it() {
    if ui::is_built() {
        return; // The other tests speak about a built one.
    }
    let Found::NotBuilt(page) = find("/alarms/12", "br") else { panic!("a page is answered") };
    let text = String::from_utf8(page.body.into_owned()).unwrap();
    assert!(text.contains("cargo xtask up") && text.contains("20.19"), "{text}");
}

#[test]
fn a_page_address_gets_the_page_and_a_missing_file_gets_nothing() {
    if !ui::is_built() {
        return;
    }
    for path in ["/", "/phone", "/alarms/12"] {
        let Found::File(page) = find(path, "") else { panic!("{path} answers the page") };
        assert_eq!((page.mime, page.cache), ("text/html; charset=utf-8", "no-cache"));
        assert!(page.encoding.is_none());
    }
    assert!(matches!(find("/assets/gone-1.js", ""), Found::Nothing));
    assert!(matches!(find("/../Cargo.toml", ""), Found::Nothing));
}
