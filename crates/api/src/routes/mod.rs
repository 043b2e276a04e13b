//! Every route, one file a noun. The table is the only way in.

use crate::route::Route;

mod alarms;
mod channels;
mod clock;
mod commands;
mod credentials;
mod decode;
mod demo;
mod imports;
mod journal;
mod map;
mod messages;
mod openapi;
mod operation;
mod orders;
mod overview;
mod packets;
mod people;
mod photos;
mod pictures;
mod push;
mod pushed;
mod quarantine;
mod rain;
mod rules;
mod samples;
mod sensorthings;
mod series;
mod session;
mod stations;
mod storage;
mod stream;
mod twin;

/// The whole table.
pub(crate) fn table() -> Vec<Route> {
    [
        session::routes(),
        demo::routes(),
        clock::routes(),
        overview::routes(),
        map::routes(),
        stations::routes(),
        credentials::routes(),
        series::routes(),
        samples::routes(),
        sensorthings::routes(),
        imports::routes(),
        rain::routes(),
        packets::routes(),
        decode::routes(),
        quarantine::routes(),
        alarms::routes(),
        orders::routes(),
        commands::routes(),
        photos::routes(),
        pictures::routes(),
        messages::routes(),
        channels::routes(),
        push::routes(),
        pushed::routes(),
        people::routes(),
        rules::routes(),
        journal::routes(),
        storage::routes(),
        stream::routes(),
        twin::routes(),
        openapi::routes(),
        operation::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
