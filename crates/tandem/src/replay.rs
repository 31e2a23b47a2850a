//! `tandem replay`: a conversation from its facts, for people who ask what happened.

use anyhow::{Context, bail};
use store::{Journal, Store};
use terms::ConversationId;
use voicecall::{Conversation, Event};

use crate::config::Config;

pub async fn print(config: &Config, id: ConversationId) -> anyhow::Result<()> {
    let journal =
        Journal::open(&config.journal.path).await.context("stop the server first: it holds the journal")?;
    let store = Store::connect(&config.database.url).await.context("the database (database.url)")?;
    let records = reporting::query::conversation_records(store.database(), &journal, id).await;
    journal.close().await;
    store.close().await.context("closing the database")?;
    let records = records?;
    if records.is_empty() {
        bail!("neither the journal nor the database holds a conversation {id}");
    }
    let mut conversation: Option<Conversation> = None;
    for record in &records {
        let event: Event = serde_json::from_str(&record.payload)
            .with_context(|| format!("event {} cannot be read", record.position))?;
        println!("{:>4}  {}  {}", record.version, record.at.ms(), record.payload);
        match (&mut conversation, &event) {
            (None, Event::Opened { opening }) => conversation = Some(Conversation::open(opening)),
            (Some(conversation), event) => {
                conversation.apply(event);
                if let Err(broken) = conversation.check() {
                    println!("      BROKEN: {broken}");
                }
            }
            (None, _) => bail!("the first event does not open the conversation"),
        }
    }
    if let Some(conversation) = conversation {
        println!("state: {:?}", conversation.state());
        for (listener, source) in &conversation.hearing().0 {
            println!("{listener:?} hears {source:?}");
        }
    }
    Ok(())
}
