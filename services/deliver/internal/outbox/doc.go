// Package outbox gives documents to accounting systems that only take files which a
// person imports. It is the part that such connectors share: a ledger of what was
// given, files that appear whole or not at all, and the evidence of what became of them.
//
// The folder is all there is: nothing of the ledger is kept in NATS, so that a lost
// record or stream changes nothing about what was given. Find asks it.
//
//	<folder>/                       the files to import, and nothing else
//	<folder>/imported/              where a person moves a file that was imported
//	<folder>/rejected/              where a person moves one that was not; <file>.txt says why
//	<folder>/exports/               what the accounting system exported, to compare with
//	<folder>/reversals/             what would undo an imported file, on demand
//	<folder>/ledger/company.txt     whose books these are
//	<folder>/ledger/entries/        <marker>/<n>.json: a document that was given away;
//	                                <n>.filed: the file that it is in
//	<folder>/ledger/manifests/      <sequence>.json: the documents of one file
//	<folder>/ledger/verdicts/       <sequence>.json: what became of the file
//	<folder>/ledger/waiting/        documents that are in no file yet
//	<folder>/ledger/staged/         files on their way
//
// # Exactly once, without locks
//
// Any number of processes may use one folder. Two steps of the file system decide, and
// whoever comes second sees that they were taken:
//
//   - Publish puts a whole file in its place, and fails where there is one. An entry is
//     published under the marker and a count, so that one marker has one live entry; a
//     manifest under its sequence, by a process that has read all before it, so that a
//     document is in one manifest.
//   - Take moves a file, and fails where it is not there any more. A file is staged
//     before its manifest and moved to the folder after it, so that it appears once, and
//     nobody makes it again after a person moved or removed it. Over SFTP a server that
//     dies may leave both names: what was put away, or judged, is not moved again.
//
// The file system needs a hard link that fails where the name is taken (ext4, XFS,
// btrfs, ZFS, NFS), or a rename that does (SMB, FAT, exFAT: renameat2 with RENAME_NOREPLACE).
// Check tries them, and refuses a folder that has neither.
// Over SFTP it is the rename of the protocol, which has to fail where the name is taken,
// as OpenSSH's does. The folder and everything below it has to be one file system.
//
// # A ledger that is not whole
//
// A part that is missing must not look like something that never was: what is lost would
// be written again. So each thing is known from two places. A manifest by its file, its
// verdict and the notes beside its entries, all of which come after it; an entry by the
// record of its invoice (Expect, and the ids that Find and Confirm are asked for). What one
// knows and the other lacks stops everything until it is back.
//
// # Exports
//
// An export is evidence for a file only if it is certainly later than the file, whatever
// clocks are compared, and only once it is whole: half a copy shows totals that never were.
// It never settles a file that a person moved to rejected; the two contradict each other.
package outbox
