//! The prompts that flows can play.

use std::future::{Ready, ready};

use callcontrol::flow::PACKAGED_PROMPTS;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::{Json, List},
    extract::State,
    problem::Problem,
};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prompt {
    /// What steps name it by.
    name: String,
    /// It comes with the product.
    packaged: bool,
}

pub(crate) fn list(_: State) -> Ready<Result<Json<List<Prompt>>, Problem>> {
    let packaged = |(name, _): &(&str, terms::PromptId)| Prompt { name: (*name).to_owned(), packaged: true };
    let items = PACKAGED_PROMPTS.iter().map(packaged).collect();
    ready(Ok(Json::new(List { items, next_cursor: None })))
}
