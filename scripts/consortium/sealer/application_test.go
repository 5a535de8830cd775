package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
)

const (
	parent = "0x1111111111111111111111111111111111111111111111111111111111111111"
	next   = "0x2222222222222222222222222222222222222222222222222222222222222222"
)

// client answers like an execution client at block 7, and finds every block valid but one that says otherwise.
func client(t *testing.T, verdict string) *Application {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question struct {
			Method string `json:"method"`
		}
		if err := json.NewDecoder(r.Body).Decode(&question); err != nil || r.Header.Get("Authorization") == "" {
			t.Errorf("%v, authorised by %q", err, r.Header.Get("Authorization"))
		}
		answer := fmt.Sprintf(`{"status":%q,"validationError":"said so"}`, verdict)
		if question.Method == "eth_getBlockByNumber" {
			answer = fmt.Sprintf(`{"hash":%q,"number":"0x7","timestamp":"0x64"}`, parent)
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"result":%s}`, answer)
	}))
	t.Cleanup(server.Close)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	engine, err := NewEngine(server.URL, secret, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	application := &Application{engine: engine}
	told, err := application.Info(context.Background(), &abci.RequestInfo{})
	if err != nil || told.LastBlockHeight != 7 {
		t.Fatalf("height %d, %v", told.LastBlockHeight, err)
	}
	return application
}

func proposal(t *testing.T, changed map[string]any) []byte {
	t.Helper()
	block := map[string]any{
		"parentHash": parent, "blockHash": next, "blockNumber": "0x8", "timestamp": "0x65", "prevRandao": parent,
		"feeRecipient": noAddress, "blobGasUsed": "0x0", "withdrawals": []any{},
	}
	for name, value := range changed {
		block[name] = value
	}
	payload, err := json.Marshal(block)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(Proposal{Payload: payload, Requests: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func status(t *testing.T, application *Application, transactions ...[]byte) abci.ResponseProcessProposal_ProposalStatus {
	t.Helper()
	answer, err := application.ProcessProposal(
		context.Background(), &abci.RequestProcessProposal{Txs: transactions, Time: time.Unix(101, 999)},
	)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status
}

func TestAProposerChoosesNothingButTransactions(t *testing.T) {
	application := client(t, "VALID")
	if status(t, application, proposal(t, nil)) != abci.ResponseProcessProposal_ACCEPT {
		t.Error("a sound proposal is refused")
	}
	for name, value := range map[string]any{
		"parentHash": next, "blockNumber": "0x9", "timestamp": "0x66", "prevRandao": next, "feeRecipient": "0x01",
		"blobGasUsed": "0x20000", "withdrawals": []any{map[string]any{"amount": "0x1"}},
	} {
		if status(t, application, proposal(t, map[string]any{name: value})) != abci.ResponseProcessProposal_REJECT {
			t.Errorf("taken with another %s", name)
		}
	}
	sound := proposal(t, nil)
	for _, wrong := range [][][]byte{{}, {sound, sound}, {[]byte("{")}, {[]byte(`{"executionPayload":[]}`)}} {
		if status(t, application, wrong...) != abci.ResponseProcessProposal_REJECT {
			t.Errorf("taken: %q", wrong)
		}
	}
}

func TestWhatTheClientFindsInvalidIsRefusedAndNeverDecided(t *testing.T) {
	application := client(t, "INVALID")
	if status(t, application, proposal(t, nil)) != abci.ResponseProcessProposal_REJECT {
		t.Error("an invalid block is accepted")
	}
	decided := &abci.RequestFinalizeBlock{Txs: [][]byte{proposal(t, nil)}, Time: time.Unix(101, 0)}
	if _, err := application.FinalizeBlock(context.Background(), decided); err == nil {
		t.Error("an invalid block is decided")
	}
}

func TestTimeIsAgreedOnAndAlwaysLater(t *testing.T) {
	application := client(t, "VALID")
	for agreed, wanted := range map[int64]uint64{50: 101, 100: 101, 101: 101, 160: 160} {
		if got := application.timeOfNext(time.Unix(agreed, 0)); got != wanted {
			t.Errorf("%d after %d", got, agreed)
		}
	}
}
