//! The whole organization at one moment, for the snapshots that keep calls from waiting for the database.

use crate::{
    AlertRuleRow, BusinessHoursRow, CallFlowRow, ClientRow, NumberRow, PermissionSetRow, PresenceConfigRow,
    PresenceStatusRow, PromptRow, QueueRow, QuickConnectRow, ReportScheduleRow, SavedReportRow, SettingsRow,
    SkillRow, Store, StoreError, TeamRow, TrunkRow, UserRow, WrapUpCodeRow,
    connect::read_version,
    rows::{Rows, all},
    settings,
};

/// Everything a call may need to know; each list in the order of its names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrganizationRows {
    pub version: i64,
    pub settings: SettingsRow,
    pub teams: Vec<TeamRow>,
    pub skills: Vec<SkillRow>,
    pub users: Vec<UserRow>,
    pub queues: Vec<QueueRow>,
    pub permission_sets: Vec<PermissionSetRow>,
    pub presence_statuses: Vec<PresenceStatusRow>,
    pub presence_configs: Vec<PresenceConfigRow>,
    pub quick_connects: Vec<QuickConnectRow>,
    pub trunks: Vec<TrunkRow>,
    pub numbers: Vec<NumberRow>,
    pub call_flows: Vec<CallFlowRow>,
    pub business_hours: Vec<BusinessHoursRow>,
    pub prompts: Vec<PromptRow>,
    pub wrap_up_codes: Vec<WrapUpCodeRow>,
    pub clients: Vec<ClientRow>,
}

impl Store {
    /// Reads it in one transaction: a few queries, whatever the number of users.
    pub async fn load_organization(&self) -> Result<OrganizationRows, StoreError> {
        let moment = self.snapshot().await?;
        let organization = OrganizationRows {
            version: read_version(&moment).await?,
            settings: settings::read(&moment).await?,
            teams: all(&moment).await?,
            skills: all(&moment).await?,
            users: all(&moment).await?,
            queues: all(&moment).await?,
            permission_sets: all(&moment).await?,
            presence_statuses: all(&moment).await?,
            presence_configs: all(&moment).await?,
            quick_connects: all(&moment).await?,
            trunks: all(&moment).await?,
            numbers: all(&moment).await?,
            call_flows: all(&moment).await?,
            business_hours: all(&moment).await?,
            prompts: all(&moment).await?,
            wrap_up_codes: all(&moment).await?,
            clients: all(&moment).await?,
        };
        moment.commit().await?;
        Ok(organization)
    }

    pub fn teams(&self) -> Rows<'_, TeamRow> {
        Rows::new(self)
    }
    pub fn skills(&self) -> Rows<'_, SkillRow> {
        Rows::new(self)
    }
    pub fn users(&self) -> Rows<'_, UserRow> {
        Rows::new(self)
    }
    pub fn clients(&self) -> Rows<'_, ClientRow> {
        Rows::new(self)
    }
    pub fn queues(&self) -> Rows<'_, QueueRow> {
        Rows::new(self)
    }
    pub fn permission_sets(&self) -> Rows<'_, PermissionSetRow> {
        Rows::new(self)
    }
    pub fn presence_statuses(&self) -> Rows<'_, PresenceStatusRow> {
        Rows::new(self)
    }
    pub fn presence_configs(&self) -> Rows<'_, PresenceConfigRow> {
        Rows::new(self)
    }
    pub fn quick_connects(&self) -> Rows<'_, QuickConnectRow> {
        Rows::new(self)
    }
    pub fn trunks(&self) -> Rows<'_, TrunkRow> {
        Rows::new(self)
    }
    pub fn numbers(&self) -> Rows<'_, NumberRow> {
        Rows::new(self)
    }
    pub fn call_flows(&self) -> Rows<'_, CallFlowRow> {
        Rows::new(self)
    }
    pub fn business_hours(&self) -> Rows<'_, BusinessHoursRow> {
        Rows::new(self)
    }
    pub fn prompts(&self) -> Rows<'_, PromptRow> {
        Rows::new(self)
    }
    pub fn saved_reports(&self) -> Rows<'_, SavedReportRow> {
        Rows::new(self)
    }
    pub fn report_schedules(&self) -> Rows<'_, ReportScheduleRow> {
        Rows::new(self)
    }
    pub fn alert_rules(&self) -> Rows<'_, AlertRuleRow> {
        Rows::new(self)
    }
    pub fn wrap_up_codes(&self) -> Rows<'_, WrapUpCodeRow> {
        Rows::new(self)
    }
}
