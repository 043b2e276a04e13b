//! What `/` says while the interface has not been built: how to get it. No script, no style.

use crate::Asset;
use std::borrow::Cow;

const PAGE: &str = "<!doctype html>
<html lang=\"zh\">
<head><meta charset=\"utf-8\"><title>至臻水管家 Zhizhen</title></head>
<body>
<h1>至臻水管家 Zhizhen</h1>
<p lang=\"zh\">服务正在运行,但这个程序里没有网页界面。安装 Node 20.19 或更高版本后,在项目目录运行
<code>cargo xtask up</code>,它会构建界面并重新启动。接口照常可用:<a href=\"/health\">/health</a>、
<a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>。</p>
<p lang=\"en\">The server is running, but this program carries no web interface. Install Node 20.19 or newer and run
<code>cargo xtask up</code> in the project's folder: it builds the interface and starts again. The programming
interface works as always: <a href=\"/health\">/health</a>,
<a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>
</body>
</html>
";

/// The page.
pub(crate) fn page() -> Asset {
    Asset {
        body: Cow::Borrowed(PAGE.as_bytes()),
        mime: "text/html; charset=utf-8",
        encoding: None,
        cache: "no-store",
        etag: "\"not-built\"".to_owned(),
    }
}
