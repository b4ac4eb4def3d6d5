package connector

import (
	"context"
	"time"
)

// FileLedger is implemented by connectors that hand over files which a person imports:
// what became of a file is known by evidence, or because an operator vouches for it.
type FileLedger interface {
	// HandedFiles lists the files in the order in which they were made. It changes nothing
	// that people see.
	HandedFiles(ctx context.Context) ([]HandedFile, error)
	// WaitingFiles lists those of HandedFiles of which it is not known of every document
	// what became of it. It is cheap enough to be asked every few minutes.
	WaitingFiles(ctx context.Context) ([]HandedFile, error)
	// UnreadableExports names what the accounting system exported and nobody could read, each
	// with the reason, in words. It is no evidence of anything.
	UnreadableExports(ctx context.Context) ([]string, error)
	// Evidence makes the files that are due, and returns a word that is another one as soon
	// as something may have happened on which Confirm answers differently: a file was moved,
	// an export came, an operator spoke. It is cheap enough to be asked every LookEvery. An
	// error says that nothing can be handed over now.
	Evidence(ctx context.Context) (string, error)
	// LookEvery is how often Evidence is to be asked.
	LookEvery() time.Duration
	// Expect names documents (by the tokens of Handed, or by Found.ID) that were given away
	// for certain, as others remember it. Where the ledger does not have one, it is an older
	// copy: an error tells that, and nothing is given away until the ledger has it.
	Expect(ctx context.Context, ids []string) error
	// JudgeFile notes for good what an operator vouches for. A file or document whose end
	// is known already keeps it: an error tells that.
	JudgeFile(ctx context.Context, j Judgement) error
	// ReverseFile writes a file that takes back what another one brought into the books, or
	// may have brought, and returns its place. It changes nothing about what is known of either.
	ReverseFile(ctx context.Context, file string) (string, error)
	// ImportRecipe tells a bookkeeper how to set up the import, from the settings. It calls
	// nobody.
	ImportRecipe() string
}

// HandedFile is one file that was made.
type HandedFile struct {
	Name string `json:"name"`
	// Made is when.
	Made time.Time `json:"made"`
	// Total is the sum of the documents, credit memos taken off, a decimal string.
	Total string `json:"total"`
	// CustomerFile has customers that are to be imported before; "" for none.
	CustomerFile string           `json:"customer_file,omitempty"`
	Documents    []HandedDocument `json:"documents"`
	// Overdue says that it has waited for longer than people should let it.
	Overdue bool `json:"overdue"`
	// Missing says that it waits, and lies nowhere in the folder: somebody moved it
	// elsewhere, or deleted it. It is not made again.
	Missing bool `json:"missing"`
	// Misplaced says that it is known what became of all of it, and that it still lies among
	// the files to import: it would be imported once more.
	Misplaced bool `json:"misplaced,omitempty"`
}

// Ended tells whether it is known of every document what became of it.
func (f HandedFile) Ended() bool {
	for _, d := range f.Documents {
		if d.State == FileWaiting {
			return false
		}
	}
	return true
}

// HandedDocument is one document of a file.
type HandedDocument struct {
	// ID finds it in Judgement.Documents, as its number does where no other one of the file
	// has that.
	ID       string    `json:"id"`
	Number   string    `json:"number"`
	Customer string    `json:"customer"`
	Total    string    `json:"total"`
	State    FileState `json:"state"`
	// Why is the reason that a person gave, or how the end is known; of one that waits, what
	// keeps its end from being known.
	Why string `json:"why,omitempty"`
}

// FileState is what became of a document that was handed over in a file.
type FileState string

// The states of a document in a file.
const (
	// FileWaiting: nobody has confirmed it.
	FileWaiting FileState = "waiting"
	// FileImported: it is in the books.
	FileImported FileState = "imported"
	// FileRejected: it was not imported, and never will be.
	FileRejected FileState = "rejected"
	// FileRemoved: it was in the books, and was taken out.
	FileRemoved FileState = "removed"
)

// Judgement is what an operator says of a file.
type Judgement struct {
	File string
	// Documents are ids or numbers of those that it is about; none are all.
	Documents []string
	// State is FileImported, FileRejected, or FileRemoved for what was imported before.
	State FileState
	// Reason is told to the office where documents are rejected.
	Reason string
	// By is who vouches for it.
	By string
}
