package connectortest_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKitHasTeeth(t *testing.T) {
	if os.Getenv(mistakeVariable) != "" {
		t.Skip("this is the process with the bad connector")
	}
	bites := map[mistake]string{
		doubles:          "the_same_posting_twice_makes_one_document",
		ignoresFence:     "a_fenced_write_is_not_made",
		ignoresCancel:    "a_call_that_was_stopped_before_it_began_makes_nothing",
		losesCents:       "a_large_total_to_the_cent",
		staleUpdates:     "an_update_of_a_stale_version_is_refused",
		ownsChanges:      "an_update_over_a_bookkeeper's_change_is_refused",
		prefixMarkers:    "markers_with_the_same_beginning_are_not_mixed_up",
		newCompany:       "company_id_is_the_same_after_reopening",
		keepsHash:        "what_a_bookkeeper_changed_is_found,_without_the_hash,_and_is_not_equal",
		silentFaults:     "an_unknown_account_is_refused_with_a_fault_that_helps",
		adoptsAnything:   "other_content_under_a_taken_marker_is_not_adopted",
		sleepwalks:       "a_stopped_worker_that_wakes_up_makes_nothing",
		waitsAfter:       "a_call_that_is_stopped_right_before_its_write_tells_the_truth",
		cutsNumbers:      "a_number_of_the_greatest_length_is_kept_whole,_and_a_longer_one_is_refused",
		refusesErrors:    "an_error_of_the_system_after_the_commit_leaves_one_document",
		hangs:            "an_answer_that_comes_too_late_leaves_one_document",
		hidesSilently:    "a_write_that_is_not_shown_yet_is_shown_within_the_settling_time",
		refusesOutages:   "every_outage_is_a_wait_with_its_reason,_and_over_by_itself",
		emptyOutages:     "every_outage_is_a_wait_with_its_reason,_and_over_by_itself",
		newWords:         "every_kind_of_fault_is_refused_with_its_code,_and_makes_nothing",
		wrongCodes:       "every_kind_of_fault_is_refused_with_its_code,_and_makes_nothing",
		silentPreview:    "a_preview_tells_the_same_faults_and_makes_nothing",
		voidsStale:       "a_stale_version_is_not_voided",
		voidCounts:       "a_voided_document_counts_nothing,_and_can_be_voided_again",
		voidsFenced:      "a_fenced_void_is_not_made",
		shortLists:       "a_list_of_a_period_has_each_of_its_documents_once,_and_no_other",
		quietLists:       "a_list_that_is_stopped_is_an_error,_not_a_shorter_list",
		oldChanges:       "what_was_changed_since_a_cursor_is_told,_and_nothing_is_left_out",
		anyCursor:        "a_cursor_that_nobody_gave_out_is_an_error",
		twiceTold:        "reference_data_is_whole,_and_each_record_is_told_once",
		forgetsKeys:      "the_same_key_makes_one_document,_also_when_nobody_looks",
		saysNotMade:      "what_was_created_is_found_after_reopening",
		forgetsCustomers: "the_next_document_of_a_customer_tells_the_same_customer",
		namesTwice:       "a_customer_that_is_named_by_its_id_stays_the_same",
		mixesCustomers:   "two_customers_have_two_ids",
		silentOnAdoption: "the_same_posting_again_tells_the_same_customer",
		confirmsEarly:    "what_was_handed_over_is_confirmed_once_it_is_there,_and_not_before",
		forgetsParcels:   "what_was_handed_over_is_confirmed_after_reopening,_whoever_asks,_and_made_once",
		losesRefusals:    "what_was_handed_over_and_refused_is_told_with_its_faults",
		mixesParcels:     "one_hand-over_is_not_taken_for_another",
		confirmsBlindly:  "a_confirmation_that_is_stopped_says_nothing",
		handsTwice:       "a_worker_that_dies_after_the_hand-over_leaves_one_document",
		handsFenced:      "a_fenced_hand-over_is_not_made",
		seesNewest:       "a_document_is_found_among_many_newer_ones",
		tellsOne:         "two_documents_with_one_marker_are_both_told",
		prefersID:        "two_documents_with_one_marker_are_both_told",
		dropsLines:       "every_line_is_kept_with_its_text_and_amount",
		dropsTexts:       "every_line_is_kept_with_its_text_and_amount",
		dropsTax:         "a_tax_is_posted,_and_the_total_has_it",
		hidesTax:         "a_tax_is_kept_beside_the_lines",
		updatesHeader:    "an_update_replaces_the_lines_and_their_texts",
		updatesNoTax:     "an_update_replaces_the_tax",
		updateWaits:      "an_update_whose_answer_was_lost_is_no_wait_and_no_refusal",
		updateRefuses:    "an_error_of_the_system_after_an_update_is_no_wait_and_no_refusal",
		updateHangs:      "an_update_whose_answer_comes_too_late_ends_with_its_time",
		updateStops:      "an_update_that_is_stopped_right_before_its_write_tells_the_truth",
	}
	for wrong, name := range bites {
		t.Run(string(wrong), func(t *testing.T) { requireBite(t, "TestKit", wrong, name) })
	}
}

// What a connector without capabilities gets wrong, the substitutes see.
func TestSubstitutesHaveTeeth(t *testing.T) {
	if os.Getenv(mistakeVariable) != "" {
		t.Skip("this is the process with the bad connector")
	}
	bites := map[mistake][]string{
		waitsAfter:    {"without_lost_answers", "without_server_errors", "without_slow_answers"},
		losesCents:    {"without_known_accounts", "without_known_customers", "without_known_faults", "without_reference_data", "without_read_back"},
		prefixMarkers: {"without_unique_numbers"},
		saysNotMade:   {"two_workers_that_look_before_they_create_make_one_document", "concurrent_creates_make_one_document", "without_idempotent_create", "without_void", "without_delete", "without_tamper", "without_changed_since", "without_hidden_writes"},
		takesAll:      {"without_credit_memo", "without_zero_total"},
		madeUp:        {"without_content_hash"},
		sleepwalks:    {"a_stopped_worker_that_wakes_up_makes_nothing"},
		canMore:       {"without_update", "without_preview", "without_void", "without_list_period", "without_hand_over", "without_reports_customers"},
		givesAway:     {"without_hand_over"},
		dropsTax:      {"without_sales_tax"},
		tellsOne:      {"without_copy"},
	}
	for wrong, names := range bites {
		t.Run(string(wrong), func(t *testing.T) { requireBite(t, "TestKitOfTheLeast", wrong, names...) })
	}
}

// requireBite runs the named cases in a process with the bad connector, and wants each
// to fail.
func requireBite(t *testing.T, kit string, wrong mistake, names ...string) {
	t.Helper()
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = regexp.QuoteMeta(name)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+kit+"$/^("+strings.Join(quoted, "|")+")$")
	cmd.Env = append(os.Environ(), mistakeVariable+"="+string(wrong))
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "the kit let it pass")
	for _, name := range names {
		require.Contains(t, string(out), "--- FAIL: "+kit+"/"+name)
	}
	require.NotContains(t, string(out), "panic:")
}
