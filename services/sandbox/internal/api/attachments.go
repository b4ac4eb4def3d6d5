package api

import (
	"errors"
	"io"
	"mime/multipart"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// createAttachment takes a multipart upload, keeps its entry and drops its bytes.
func (a *API) createAttachment(c *call) (any, error) {
	parts, err := c.MultipartReader()
	if err != nil {
		return nil, badRequest("An attachment must be sent as multipart/form-data")
	}
	out, err := readAttachment(parts)
	if err != nil {
		return nil, badRequest("The upload cannot be read: " + err.Error())
	}
	made, err := a.Store.AddAttachment(out, c.userID)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"id": made.ID, "uri": a.uri("attachment", made.ID), "fileName": made.FileName, "purposeId": made.PurposeID,
		"created": made.Created,
	}, nil
}

func readAttachment(parts *multipart.Reader) (state.Attachment, error) {
	out, numbers := state.Attachment{}, map[string]int64{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
		if part.FormName() == "uploadedFile" {
			out.FileName = part.FileName()
			if out.Size, err = io.Copy(io.Discard, io.LimitReader(part, maxBody)); err != nil {
				return out, err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, 1024))
		if err != nil {
			return out, err
		}
		// What is no number names no record, which is refused when it is stored.
		numbers[part.FormName()], _ = strconv.ParseInt(strings.TrimSpace(string(value)), 10, 64)
	}
	out.EntityID, out.EntityType, out.PurposeID = numbers["entityId"], int(numbers["entityType"]), int(numbers["purposeId"])
	return out, nil
}
