package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// Engine speaks the Engine API of one execution client: the interface that every such client has for its consensus.
type Engine struct {
	url    string
	secret []byte
	client http.Client
}

// Block is what the sealer needs to know of a block: its place in the chain.
type Block struct {
	Hash   string `json:"hash"`
	Number string `json:"number"`
	Time   string `json:"timestamp"`
}

// Proposal is what one validator proposes: a block as its client built it, and the requests that came out of it.
type Proposal struct {
	Payload  json.RawMessage `json:"executionPayload"`
	Requests []string        `json:"executionRequests"`
}

type forkchoice struct {
	Head      string `json:"headBlockHash"`
	Safe      string `json:"safeBlockHash"`
	Finalized string `json:"finalizedBlockHash"`
}

type attributes struct {
	Time         string   `json:"timestamp"`
	Randao       string   `json:"prevRandao"`
	FeeRecipient string   `json:"suggestedFeeRecipient"`
	Withdrawals  []string `json:"withdrawals"`
	BeaconRoot   string   `json:"parentBeaconBlockRoot"`
}

type payloadStatus struct {
	Status string  `json:"status"`
	Reason *string `json:"validationError"`
}

// NewEngine reads the secret that client and sealer share, and waits until the client answers.
func NewEngine(url, secretFile string, patience time.Duration) (*Engine, error) {
	text, err := os.ReadFile(secretFile)
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(text)), "0x"))
	if err != nil {
		return nil, err
	}
	engine := &Engine{url: url, secret: secret, client: http.Client{Timeout: 30 * time.Second}}
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		if _, err = engine.Latest(); err == nil || time.Now().After(deadline) {
			return engine, err
		}
	}
}

// Latest is the client's head.
func (e *Engine) Latest() (Block, error) {
	var block Block
	err := e.call(&block, "eth_getBlockByNumber", "latest", false)
	return block, err
}

// Build asks the client for the best block it can make on top of `parent` within `patience`.
func (e *Engine) Build(parent Block, at uint64, patience time.Duration) (Proposal, error) {
	var started struct {
		Status    payloadStatus `json:"payloadStatus"`
		PayloadID *string       `json:"payloadId"`
	}
	wanted := attributes{quantity(at), parent.Hash, noAddress, []string{}, noHash}
	if err := e.call(&started, "engine_forkchoiceUpdatedV3", final(parent.Hash), wanted); err != nil {
		return Proposal{}, err
	}
	if started.PayloadID == nil {
		return Proposal{}, fmt.Errorf("the client builds nothing on %s: %s", parent.Hash, started.Status.Status)
	}
	time.Sleep(patience)
	var built Proposal
	err := e.call(&built, "engine_getPayloadV5", *started.PayloadID)
	return built, err
}

// Check has the client execute a proposed block. The error says why where it is not valid.
func (e *Engine) Check(proposed Proposal) error {
	var verdict payloadStatus
	if err := e.call(&verdict, "engine_newPayloadV4", proposed.Payload, []string{}, noHash, proposed.Requests); err != nil {
		return err
	}
	if verdict.Status != "VALID" {
		reason := ""
		if verdict.Reason != nil {
			reason = *verdict.Reason
		}
		return fmt.Errorf("%s %s", verdict.Status, reason)
	}
	return nil
}

// Finalise makes a block that was decided the client's head, for good.
func (e *Engine) Finalise(hash string) error {
	var answer struct {
		Status payloadStatus `json:"payloadStatus"`
	}
	if err := e.call(&answer, "engine_forkchoiceUpdatedV3", final(hash), nil); err != nil {
		return err
	}
	if answer.Status.Status != "VALID" {
		return fmt.Errorf("the client does not take %s as its head: %s", hash, answer.Status.Status)
	}
	return nil
}

func final(hash string) forkchoice { return forkchoice{hash, hash, hash} }

func (e *Engine) call(result any, method string, parameters ...any) error {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token(e.secret, time.Now()))
	response, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("%s: %s", method, answer.Error.Message)
	}
	return json.Unmarshal(answer.Result, result)
}

// token is the JSON web token (HS256) that the Engine API asks for with each call.
func token(secret []byte, now time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(fmt.Sprintf(`{"iat":%d}`, now.Unix())))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}
