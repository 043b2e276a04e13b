//! `zhizhen users`: people who can sign in. Passwords come from standard input, never from the command line.

use crate::cli::UsersCommand;
use crate::out;
use anyhow::{Context, Result, bail};
use field::id::PersonId;
use field::person::{ChannelKind, Person, Role};
use std::io::BufRead;
use std::process::ExitCode;
use store::{Actor, Store};

/// Shortest password.
const MIN_PASSWORD: usize = 10;

/// Runs one of them.
pub(crate) async fn run(command: UsersCommand) -> Result<ExitCode> {
    let UsersCommand::Set { login, name, role, data } = command;
    let store = super::open(&data, false).await?;
    let known = store.tables.registry().person_by_login(&login).map(|p| p.id);
    let person = match known {
        Some(id) => id,
        None => add(&store, &login, name, role).await?,
    };
    out::note(format_args!("password for `{login}` (at least {MIN_PASSWORD} characters, then Enter):"));
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password).context("reading the password")?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.chars().count() < MIN_PASSWORD {
        bail!("the password has {} characters; at least {MIN_PASSWORD} are needed", password.chars().count());
    }
    store.tables.account_set(person, &api::hash_password(password)?).await?;
    out::note(format_args!("`{login}` can sign in"));
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn add(store: &Store, login: &str, name: Option<String>, role: Option<String>) -> Result<PersonId> {
    let (Some(name), Some(role)) = (name, role) else {
        bail!("`{login}` is new: say who it is with --name and --role");
    };
    let Some(role) = Role::ALL.into_iter().find(|r| r.code() == role) else {
        let known: Vec<&str> = Role::ALL.iter().map(|r| r.code()).collect();
        bail!("there is no role `{role}`; known are: {}", known.join(", "));
    };
    let registry = store.tables.registry();
    let id = PersonId(registry.persons().values().map(|p| p.id.0).max().unwrap_or(0) + 1);
    let person = Person {
        id,
        login: login.to_owned(),
        name_en: name.clone(),
        name,
        role,
        mobile: None,
        wecom: None,
        email: None,
        channels: vec![ChannelKind::WebPush],
        synthetic: false,
    };
    let at = field::clock::Clock::now(&store::playback::SystemClock::default());
    let mut tx = store.tables.begin(Actor::Desk("import"), at).await?;
    tx.person_put(&person).await?;
    tx.commit().await?;
    Ok(id)
}
