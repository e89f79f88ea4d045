// The names of what the server sends: all of them generated from its OpenAPI document.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Teammate = Schemas["AgentReply"];
export type Person = Schemas["PersonReply"];
export type Session = Schemas["SessionReply"];
export type Directory = Schemas["DirectoryReply"];
export type ViewCount = Schemas["ViewReply"];
export type ViewId = ViewCount["id"];
export type Row = Schemas["RowReply"];
export type RowPage = Schemas["RowList"];
export type Whole = Schemas["WholeReply"];
export type Message = Schemas["MessageReply"];
export type Mail = Schemas["MailReply"];
export type Note = Schemas["NoteReply"];
export type Happening = Whole["events"][number];
export type SavedReply = Schemas["SavedReplyReply"];
export type Handover = Schemas["HandoverReply"];
export type FieldDefinition = Schemas["FieldDefinition"];
export type Queue = Schemas["QueueReply"];
export type Report = Schemas["ReportReply"];
export type Spread = Schemas["SpreadReply"];
export type Estimates = Schemas["EstimatesReply"];
export type Grounds = Schemas["GroundsReply"];
export type Presence = Teammate["status"];
