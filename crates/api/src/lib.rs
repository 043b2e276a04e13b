//! HTTP and server-sent events: who may call what, views, sign-in.
