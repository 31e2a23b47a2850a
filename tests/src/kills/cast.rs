//! The people of the killed server: desks with an agent, a colleague and a customer each, and one supervisor.

use std::{net::IpAddr, sync::Arc};

use serde_json::json;

use super::wires::Wires;
use crate::stage::{
    Result,
    client::{Client, NewQueue, NewUser, User},
    phone::{Phone, PhoneConfig},
    server::{ADMIN, Server, Setup},
    tone::Pilot,
};

/// Where the public network is: another address of loopback, so that a trunk is told from a desk phone.
const NETWORK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
const DESKS: usize = 5;
/// Longer than any run: nobody leaves wrap-up by waiting.
const WRAP_UP_SECONDS: u32 = 3_600;

#[derive(Clone)]
pub struct Staff {
    pub user: User,
    pub client: Client,
    pub wires: Arc<Wires>,
}

/// A queue with its one agent, a colleague who takes no queue's calls, and a customer.
#[derive(Clone)]
pub struct Desk {
    pub number: String,
    pub agent: Staff,
    pub colleague: Staff,
    pub customer: Arc<Wires>,
    pub customer_number: String,
}

pub struct Cast {
    pub server: Server,
    pub admin: Client,
    pub desks: Vec<Desk>,
    pub supervisor: Staff,
    /// Answers for every number outside.
    pub network: Arc<Wires>,
    /// The number of a queue that nobody serves.
    pub nobody: String,
}

impl Cast {
    pub async fn assemble(setup: Setup) -> Result<Cast> {
        let server = Server::start(setup).await?;
        let admin = Client::sign_in(server.http(), ADMIN.0, ADMIN.1).await?;
        let network = outside("network", &server).await?;
        admin.create_trunk("network", network.phone.address()).await?;
        admin.patch("/v1/settings", json!({ "direct_internal_calls": "logged" })).await?;
        let nobody = "+15550209999".to_owned();
        let unserved = admin.create_queue(&queue("nobody")).await?;
        admin.create_number(&nobody, &unserved).await?;
        let supervises = admin.built_in_permission_set("supervisor").await?;
        let made = futures::future::try_join_all((0..DESKS).map(|index| desk(&server, &admin, index)));
        let (desks, supervisor) =
            futures::try_join!(made, staff(&server, &admin, "supervisor", "290", None, Some(supervises)))?;
        Ok(Cast { server, admin, desks, supervisor, network, nobody })
    }

    pub fn staff(&self) -> Vec<&Staff> {
        let desks = self.desks.iter().flat_map(|desk| [&desk.agent, &desk.colleague]);
        desks.chain([&self.supervisor]).collect()
    }

    pub fn wires(&self) -> Vec<&Arc<Wires>> {
        let customers = self.desks.iter().map(|desk| &desk.customer);
        self.staff().into_iter().map(|staff| &staff.wires).chain(customers).chain([&self.network]).collect()
    }
}

fn queue(name: &str) -> NewQueue {
    NewQueue { name: name.into(), wrap_up_seconds: WRAP_UP_SECONDS, ..NewQueue::default() }
}

async fn outside(number: &str, server: &Server) -> Result<Arc<Wires>> {
    let mut config = PhoneConfig::trunk(number, server.sip(), Pilot::nth(0));
    config.bind = NETWORK;
    Ok(Arc::new(Wires::new(Phone::start(config).await?)))
}

async fn desk(server: &Server, admin: &Client, index: usize) -> Result<Desk> {
    let queue = admin.create_queue(&queue(&format!("queue {index}"))).await?;
    let (number, customer_number) = (format!("+1555020{index:04}"), format!("+1555010{index:04}"));
    admin.create_number(&number, &queue).await?;
    let (agent, colleague) = (format!("agent{index}"), format!("colleague{index}"));
    let (agent_extension, colleague_extension) = (format!("21{index}"), format!("22{index}"));
    let (agent, colleague) = futures::try_join!(
        staff(server, admin, &agent, &agent_extension, Some(queue), None),
        staff(server, admin, &colleague, &colleague_extension, None, None),
    )?;
    let customer = outside(&customer_number, server).await?;
    Ok(Desk { number, agent, colleague, customer, customer_number })
}

async fn staff(
    server: &Server,
    admin: &Client,
    name: &str,
    extension: &str,
    queue: Option<String>,
    further_permissions: Option<String>,
) -> Result<Staff> {
    let agent = admin.built_in_permission_set("agent").await?;
    let user = NewUser {
        username: name.into(),
        extension: Some(extension.into()),
        queues: queue.into_iter().collect(),
        permission_sets: [Some(agent), further_permissions].into_iter().flatten().collect(),
        ..NewUser::default()
    };
    let user = admin.create_user(&user).await?;
    let client = admin.as_user(&user).await?;
    let config = PhoneConfig::desk(&user.sip.username, &user.sip.password, server.sip(), Pilot::nth(1));
    let phone = Phone::start(config).await?;
    phone.register().await?;
    client.take_presence("online").await?;
    Ok(Staff { user, client, wires: Arc::new(Wires::new(phone)) })
}
