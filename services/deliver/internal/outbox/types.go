package outbox

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// Entry is one document that was given away. It is written once and never changed.
type Entry struct {
	Marker string `json:"marker"`
	// N counts the entries of a marker: another one is made only once those before it
	// are known never to count.
	N            int       `json:"n"`
	Generation   int64     `json:"generation"`
	DocumentHash string    `json:"document_hash"`
	Kind         string    `json:"kind"` // invoice or credit_memo
	Number       string    `json:"number"`
	Total        string    `json:"total"`
	IssueDate    string    `json:"issue_date"`
	Customer     string    `json:"customer"`
	CustomerName string    `json:"customer_name,omitempty"`
	CompanyID    int64     `json:"company_id,omitempty"`
	At           time.Time `json:"at"`
	// Layout identifies the shape of the file that Rows fit into; Head is what stands
	// before them.
	Layout string `json:"layout"`
	Head   []byte `json:"head,omitempty"`
	Rows   []byte `json:"rows"`
	// Undo are the rows that take the document back.
	Undo []byte `json:"undo,omitempty"`
	// NewCustomer is the record of the customer, where the file may bring it along.
	NewCustomer *Rows `json:"new_customer,omitempty"`
}

// Rows are lines of a file beside the documents' own.
type Rows struct {
	Key  string `json:"key"`
	Head []byte `json:"head,omitempty"`
	Rows []byte `json:"rows"`
}

// id is the document's id for the record and for people.
func (e *Entry) id() string { return entryID(e.Marker, e.N) }

func entryID(marker string, n int) string { return marker + "." + strconv.Itoa(n) }

// readID is the reverse of entryID.
func readID(id string) (marker string, n int, ok bool) {
	dot := strings.LastIndexByte(id, '.')
	if dot < 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(id[dot+1:])
	if err != nil || n < 1 || !isMarker(id[:dot]) {
		return "", 0, false
	}
	return id[:dot], n, true
}

// Manifest lists the documents of one file. It is written once, before the file appears.
type Manifest struct {
	Sequence int       `json:"sequence"`
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	Layout   string    `json:"layout"`
	At       time.Time `json:"at"`
	// Total is the sum of the documents, credit memos taken off.
	Total     string   `json:"total"`
	Documents []Listed `json:"documents"`
	// CustomerFile has the records of customers that have to be imported before; "" for none.
	CustomerFile string   `json:"customer_file,omitempty"`
	Customers    []string `json:"customers,omitempty"`
	// Staged is where the file lay before it appeared, and StagedCustomers the other.
	Staged          string `json:"staged"`
	StagedCustomers string `json:"staged_customers,omitempty"`
}

// Listed is a document of a manifest.
type Listed struct {
	Marker       string `json:"marker"`
	N            int    `json:"n"`
	DocumentHash string `json:"document_hash"`
	Kind         string `json:"kind"`
	Number       string `json:"number"`
	Customer     string `json:"customer"`
	Total        string `json:"total"`
}

// What became of a file or a document.
const (
	// Imported says that it counts in the books.
	Imported = "imported"
	// Rejected says that it was not imported and never will be.
	Rejected = "rejected"
)

// Verdict is what became of a file, or of one document of it. The first one counts.
type Verdict struct {
	Verdict string `json:"verdict"`
	// Evidence says how it is known: moved, export, operator.
	Evidence string    `json:"evidence"`
	By       string    `json:"by,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at"`
	// Total is what the accounting system's export shows; "" where that is not known.
	Total string `json:"total,omitempty"`
	// Export is the export that showed the document; nil where none did.
	Export *Source `json:"export,omitempty"`
}

func entryDir(marker string) string { return "ledger/entries/" + marker }

func entryFile(marker string, n int) string {
	return path.Join(entryDir(marker), strconv.Itoa(n)+".json")
}

func entryVerdictFile(marker string, n int) string {
	return path.Join(entryDir(marker), strconv.Itoa(n)+".verdict.json")
}

func removedFile(marker string, n int) string {
	return path.Join(entryDir(marker), strconv.Itoa(n)+".removed.json")
}

// filedFile notes, before people can see the file, which one an entry is in: should the
// manifest be lost, nobody takes the entry for one that is in no file yet.
func filedFile(marker string, n int) string {
	return path.Join(entryDir(marker), strconv.Itoa(n)+".filed")
}

func waitingFile(marker string, n int) string { return "ledger/waiting/" + entryID(marker, n) }

func manifestFile(sequence int) string { return fmt.Sprintf(manifestsDir+"/%08d.json", sequence) }

func verdictFile(sequence int) string { return fmt.Sprintf(verdictsDir+"/%08d.json", sequence) }

// isMarker keeps what becomes the name of a directory to what a marker is made of.
func isMarker(s string) bool {
	return s != "" && len(s) <= 120 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
