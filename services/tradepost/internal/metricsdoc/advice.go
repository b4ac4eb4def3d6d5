package metricsdoc

// advice says for each metric what is bad, and what to do about it.
var advice = map[string]string{
	"tradepost_ack_errors_total":                "Grows: the NATS server is slow or away. Nothing is lost, work is done twice. Look at the server and its disk",
	"tradepost_attempt_seconds":                 "Slower than usual: the accounting system is. Its connection alone is delayed",
	"tradepost_attempts_total":                  "`rejected` and `error` grow for one connection: look at the comments in ServiceTrade and at `invoice.attempt` messages. `uncertain`: calls whose end nobody saw; they are looked for by themselves",
	"tradepost_build_info":                      "Different versions side by side for longer than a roll-out: one was left behind",
	"tradepost_connection_paused":               "`deliver`: the accounting system is signed out, throttled, closed or another one; it goes on by itself, and `tradepost doctor` says what to mend. `operator`: a person paused it, and has to resume it ([paused connections](operating.md#paused-connections))",
	"tradepost_dead_letters_total":              "Grows at all: look at the message ([dead letters](operating.md#dead-letters)); its invoice is held",
	"tradepost_external_ids_total":              "`taken` or `differs` grows: somebody has to decide in ServiceTrade or in the mapping ([external ids](operating.md#external-ids)). `refused`, `forbidden`: the system's name or a permission. `failed`: ServiceTrade was away; the next posting of the customer tries again",
	"tradepost_fetch_errors_total":              "Grows steadily: the server is away, a stream is missing (`tradepost nats apply`), or a permission is. `/readyz` names the consumer",
	"tradepost_handler_seconds":                 "Slow in `ready`: the accounting system; in `received` or `outcome`: NATS or ServiceTrade. A trace of one invoice tells which",
	"tradepost_import_files_missing":            "Above zero: somebody moved or deleted an import file that nobody has confirmed. It is not made again: `tradepost confirm` says what became of it ([import files](operating.md#import-files)). Each replica of deliver shows the same",
	"tradepost_import_files_overdue":            "Above zero: nobody has imported, or confirmed, a file for longer than `remind_after`; its invoices stay pending in ServiceTrade. `/readyz` of deliver and `tradepost confirm CONNECTION` name it ([import files](operating.md#import-files))",
	"tradepost_import_files_waiting":            "Grows from day to day: nobody imports. Not shown: the folder cannot be read, see `/readyz` of deliver",
	"tradepost_ingest_pending_invoices":         "Above zero and not falling for half an hour: sends are not finished; see `tradepost_oldest_send_age_seconds`. Not shown: no complete list yet",
	"tradepost_books_calls_total":               "`401` grows: sign the connection in again. `403`, `429`: too many calls, also of other programs of the same app. `0`, `5xx`: the books are away; what was written is looked for",
	"tradepost_books_metered_reads_total":       "Above your vendor's budget for a month when it goes on like this (`increase(...[1d]) * 30`; QuickBooks Online allows 500,000 in its free tier): replicas that start again and again read everything anew (`search_from` helps)",
	"tradepost_ingest_unmatched_invoices":       "Above zero: invoices wait because of the filters, or for a disabled connection. `/readyz` of ingest and its log name them, with what they have; mend the filters, give one connection `filter: otherwise`, enable it, or do what it says of a held one. Each replica shows those that its own polls met",
	"tradepost_ingest_webhook_messages_total":   "`failed` grows: NATS did not take the hint; ServiceTrade sends it again, and the poll finds the rest. `refused` grows: somebody knocks with a wrong secret, or `tradepost connect servicetrade` has to run again",
	"tradepost_messages_handled_total":          "`retry` and `panic` grow: look at the service's log. `wait` grows: something is away; `waiting` in the records says what",
	"tradepost_messages_in_flight":              "At the consumer's limit for long: the stage is the bottleneck; for `ready` that is the connection's own limit",
	"tradepost_messages_redelivered_total":      "Grows with `ack_errors`: see there. Grows with `retry` or `wait`: see `tradepost_messages_handled_total`",
	"tradepost_oldest_send_age_seconds":         "`open`, `opening` or `claimed` above 30 min: transform or deliver does not work, or the connection is in trouble (`/readyz`). `outcome` or `settling` above 15 min: ServiceTrade is away or refuses. `held`: somebody has to act now",
	"tradepost_metered_reads":                   "Near `tradepost_metered_read_budget` before the month is over: what goes beyond is refused or charged. `/readyz` of deliver says so from 80 % on ([calls to the accounting system](operating.md#calls-to-the-accounting-system))",
	"tradepost_metered_read_budget":             "It is what `read_budget` says; not shown for systems that do not meter reads",
	"tradepost_permit_holds_total":              "Grows: the accounting system refuses calls though they are within its documented limits; another program uses the same company, or the limits are lower than documented. Calls are slowed down by themselves",
	"tradepost_permit_wait_seconds":             "Mostly above 1 s: the limit of the company or the app is the bottleneck, or NATS answers slowly",
	"tradepost_publish_seconds":                 "Above 0.1 s: the server's disk is slow, since it writes through before it acknowledges",
	"tradepost_send_seconds":                    "Grows: see `tradepost_handler_seconds` and `tradepost_attempt_seconds` for where the time goes",
	"tradepost_sends_counted_timestamp_seconds": "Older than 10 min, or shown by no replica of ingest: the two metrics of unfinished sends say nothing; look at ingest's log",
	"tradepost_sends_opened_total":              "Does not grow on a working day: is ingest ready, do the polls work? `tradepost doctor`",
	"tradepost_sends_republished_total":         "Grows: sends stood still for 15 min. Look at the log of the stage behind, and whether a stream was lost",
	"tradepost_sends_settled_total":             "`failed` grows faster than usual: one cause for many, mostly a mapping or closed books; the comments say which",
	"tradepost_sends_unfinished":                "`held` above zero: a person has to act ([held invoices](operating.md#held-invoices)). `parked` grows: the books are away or throttle",
	"tradepost_sign_in_ends_timestamp_seconds":  "Less than 30 days from now for `at_the_latest`: sign in again before ([sign-ins](operating.md#signing-in-to-accounting-systems)). For `unused`: the tokens are not renewed; see `tradepost_sign_in_renewals_total`",
	"tradepost_sign_in_key_missing":             "1: this process takes no invoices of the connection, and others that have the key do. Put the key back (`secrets.key_file`, `TRADEPOST_SECRETS_KEY`) and start it again; nobody has to sign in. Nothing is posted where no process has the key",
	"tradepost_sign_in_missing":                 "1: nothing of the connection is posted until somebody signs in: `tradepost connect quickbooks CONNECTION`. `tradepost connect quickbooks --status` says why",
	"tradepost_sign_in_renewals_total":          "`away` grows: the accounting system's sign-in does not answer; old tokens serve for up to an hour. `refused`, `ended`: sign in again. `app_refused`: the app's client id or secret. `renewed_with_older` grows: a refresh token was lost between the accounting system and us, and made good",
	"tradepost_servicetrade_call_seconds":       "Slow: ServiceTrade is. Fewer calls at a time help it (`max_parallel`)",
	"tradepost_servicetrade_calls_total":        "`401` grows: sessions are pushed out, or the password is wrong. `429`: fewer calls at a time. `5xx`, `timeout`, `error`: ServiceTrade is away; reads are tried again, writes looked for",

	"tradepost_config_in_force_timestamp_seconds": "Different by more than a minute among processes that share the files: one of them did not get the change, or refuses it",
	"tradepost_config_refused_timestamp_seconds":  "Above zero: the files were changed and cannot be used; what was in force before still is. `/readyz` and the log name every problem with its line ([changes](operating.md#changing-the-configuration))",
	"tradepost_config_reloads_total":              "`refused` grows: see `tradepost_config_refused_timestamp_seconds`. `taken` grows though nobody changes anything: something rewrites the files",
}

const tail = `
Alarm on these, for a start:

` + "```yaml" + `
- alert: TradepostDeadLetter
  expr: increase(tradepost_dead_letters_total[15m]) > 0
- alert: TradepostPaused
  expr: max by (connection, by) (tradepost_connection_paused) > 0
  for: 30m
- alert: TradepostHeld
  expr: max by (connection) (tradepost_sends_unfinished{state="held"}) > 0
- alert: TradepostStuck
  expr: max by (connection, state) (tradepost_oldest_send_age_seconds{state!~"held|parked"}) > 1800
- alert: TradepostImportFileOverdue
  expr: max by (connection) (tradepost_import_files_overdue or tradepost_import_files_missing) > 0
  for: 30m
- alert: TradepostSignInMissing
  expr: max by (connection) (tradepost_sign_in_missing) > 0
  for: 15m
- alert: TradepostKeyMissing
  expr: tradepost_sign_in_key_missing > 0
  for: 5m
- alert: TradepostSignInEnds
  expr: min by (connection) (tradepost_sign_in_ends_timestamp_seconds) - time() < 30 * 86400
- alert: TradepostNotCounted
  expr: time() - max(tradepost_sends_counted_timestamp_seconds) > 600 or absent(tradepost_sends_counted_timestamp_seconds)
- alert: TradepostServiceTradeRefuses
  expr: sum by (status) (rate(tradepost_servicetrade_calls_total{status=~"401|403|429|5..|timeout|error"}[15m])) > 0.1
` + "```" + `
`
