/** Short names for the relay's objects, generated from its OpenAPI document. */
import type { components, operations } from '@/api/schema';

type Schemas = components['schemas'];

export type Machine = Schemas['MachineView'];
/** The answer to adding a machine: the only time the token is shown. */
export type NewMachine = Schemas['CreatedMachine'];
export type MachineDraft = Schemas['CreateMachine'];
export type CommandLog = Schemas['LogView'];
export type TerminalSession = Schemas['SessionView'];
/** A session with one page of its commands. */
export type SessionPage = Schemas['SessionAnswer'];
export type SessionCommand = Schemas['SessionLog'];
export type AccessUser = Schemas['AccessView'];
export type Grant = Schemas['GrantBody'];
/** The signed-in person, without the account key the console has no use for. */
export type User = Omit<Schemas['OwnUser'], 'api_key'>;
export type Person = Schemas['UserView'];
export type PersonDraft = Schemas['CreateUser'];
/** The role of an account, and what it may on machines, as the relay takes them. */
export type PortalRole = NonNullable<Schemas['CreateUser']['role']>;
export type MachineRole = NonNullable<Schemas['CreateUser']['machine_role']>;
export type PersonChange = Schemas['UpdateUser'];
export type RoleCard = Schemas['RoleView'];
export type AuditEntry = Schemas['AuditView'];
export type AuditPage = Schemas['AuditList'];
export type AuditVerification = Schemas['Verification'];
/** Which entries, as the relay is asked. */
export type AuditQuery = NonNullable<operations['list_audit']['parameters']['query']>;
export type Organization = Schemas['OrganizationView'];
export type OrganizationDraft = Schemas['CreateOrganization'];
export type OrganizationChange = Schemas['UpdateOrganization'];
export type Issue = Schemas['IssueView'];
export type IssueSummary = Schemas['IssueSummary'];
export type IssueStatus = NonNullable<Schemas['UpdateIssue']['status']>;
export type IssueDraft = Schemas['CreateIssue'];
export type IssueChange = Schemas['UpdateIssue'];
export type Fix = Schemas['FixView'];
export type FoundCommand = Schemas['FoundView'];
export type FoundCommands = Schemas['FoundList'];
export type CommandQuery = NonNullable<operations['search_all_logs']['parameters']['query']>;
export type Run = Schemas['RunView'];
export type Lane = Schemas['LaneView'];
export type RunDetails = Schemas['RunDetails'];
export type RunDraft = Schemas['RunBody'];
export type CommandRules = Schemas['RulesAnswer'];
export type CommandRulesDraft = Schemas['RulesBody'];
export type HeldCommand = Schemas['HeldView'];
export type AccessRequest = Schemas['RequestView'];
export type AccessRequestDraft = Schemas['AskBody'];
export type AccessReason = Schemas['ReasonView'];
export type AccessExplanation = Schemas['ExplanationAnswer'];
export type Tenant = Schemas['TenantEntry'];
export type Group = Schemas['GroupView'];
export type GroupDraft = Schemas['CreateGroup'];
export type SecondFactor = Schemas['SecondFactorView'];
export type SecondFactors = Schemas['SecondFactorList'];
/** A factor that counts from now on, with recovery codes where it is the first. */
export type AddedFactor = Schemas['AddedAnswer'];
export type Profile = Omit<Schemas['ProfileUser'], 'api_key'>;
export type LoginRecord = Schemas['LoginView'];
export type OwnOrganization = Schemas['OwnOrganizationView'];
