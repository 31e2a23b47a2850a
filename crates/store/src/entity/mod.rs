//! The tables as SeaORM sees them; nothing outside this crate does.

macro_rules! entities {
    ($($(#[$doc:meta])* $name:ident = $table:tt { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[allow(unreachable_pub, reason = "SeaORM's derive writes pub")]
        pub(crate) mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attribute])* pub $field: $type,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    )*};
}

mod organization;
mod people;
mod telephony;
mod trail;

pub(crate) use organization::*;
pub(crate) use people::*;
pub(crate) use telephony::*;
pub(crate) use trail::*;
