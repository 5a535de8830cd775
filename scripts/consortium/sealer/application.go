package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
)

const (
	noAddress = "0x0000000000000000000000000000000000000000"
	noHash    = "0x0000000000000000000000000000000000000000000000000000000000000000"
)

// Application decides with CometBFT which block comes next; executing and keeping it is the execution client's work.
// Every decision is one block, so the height of the decisions is the number of the block, and the sealer keeps no state.
type Application struct {
	abci.BaseApplication
	engine   *Engine
	patience time.Duration
	head     Block
	decided  Block
}

// fields are those of a proposed block that validators check themselves; the client checks the rest.
type fields struct {
	Parent       string            `json:"parentHash"`
	Hash         string            `json:"blockHash"`
	Number       string            `json:"blockNumber"`
	Time         string            `json:"timestamp"`
	Randao       string            `json:"prevRandao"`
	FeeRecipient string            `json:"feeRecipient"`
	BlobGas      string            `json:"blobGasUsed"`
	Withdrawals  []json.RawMessage `json:"withdrawals"`
}

// Info tells CometBFT how far the client is; what it has decided beyond that, it repeats.
func (a *Application) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	head, err := a.engine.Latest()
	if err != nil {
		return nil, err
	}
	a.head = head
	height := int64(number(head.Number))
	if height == 0 {
		return &abci.ResponseInfo{}, nil
	}
	return &abci.ResponseInfo{LastBlockHeight: height, LastBlockAppHash: raw(head.Hash)}, nil
}

func (a *Application) InitChain(context.Context, *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	return &abci.ResponseInitChain{AppHash: raw(a.head.Hash)}, nil
}

// CheckTx: transactions travel between the execution clients, never through here.
func (a *Application) CheckTx(context.Context, *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	return &abci.ResponseCheckTx{Code: 1, Log: "send transactions to the execution client"}, nil
}

func (a *Application) PrepareProposal(
	_ context.Context, asked *abci.RequestPrepareProposal,
) (*abci.ResponsePrepareProposal, error) {
	built, err := a.engine.Build(a.head, a.timeOfNext(asked.Time), a.patience)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(built)
	return &abci.ResponsePrepareProposal{Txs: [][]byte{encoded}}, err
}

func (a *Application) ProcessProposal(
	_ context.Context, asked *abci.RequestProcessProposal,
) (*abci.ResponseProcessProposal, error) {
	if _, err := a.accept(asked.Txs, asked.Time); err != nil {
		fmt.Println("refused a proposal:", err)
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

// FinalizeBlock: what was decided is executed again only where this validator has not seen it proposed.
func (a *Application) FinalizeBlock(
	_ context.Context, decided *abci.RequestFinalizeBlock,
) (*abci.ResponseFinalizeBlock, error) {
	block, err := a.accept(decided.Txs, decided.Time)
	if err != nil {
		return nil, err
	}
	a.decided = block
	return &abci.ResponseFinalizeBlock{AppHash: raw(block.Hash), TxResults: []*abci.ExecTxResult{{}}}, nil
}

func (a *Application) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	if err := a.engine.Finalise(a.decided.Hash); err != nil {
		return nil, err
	}
	a.head = a.decided
	return &abci.ResponseCommit{}, nil
}

// accept leaves a proposer no choice but which transactions come in: parent, time and all else follow from what was decided.
// Without the check of withdrawals it could make coins.
func (a *Application) accept(proposed [][]byte, agreed time.Time) (Block, error) {
	if len(proposed) != 1 {
		return Block{}, fmt.Errorf("%d blocks in one proposal", len(proposed))
	}
	var proposal Proposal
	if err := json.Unmarshal(proposed[0], &proposal); err != nil {
		return Block{}, err
	}
	var block fields
	if err := json.Unmarshal(proposal.Payload, &block); err != nil {
		return Block{}, err
	}
	wanted := fields{
		Parent: a.head.Hash, Hash: block.Hash, Number: quantity(number(a.head.Number) + 1),
		Time: quantity(a.timeOfNext(agreed)), Randao: a.head.Hash, FeeRecipient: noAddress, BlobGas: "0x0",
	}
	for _, each := range [][3]string{
		{"parent", block.Parent, wanted.Parent}, {"number", block.Number, wanted.Number},
		{"time", block.Time, wanted.Time}, {"randao", block.Randao, wanted.Randao},
		{"fee recipient", block.FeeRecipient, wanted.FeeRecipient}, {"blob gas", block.BlobGas, wanted.BlobGas},
	} {
		if each[1] != each[2] {
			return Block{}, fmt.Errorf("%s is %s, not %s", each[0], each[1], each[2])
		}
	}
	if len(block.Withdrawals) != 0 {
		return Block{}, fmt.Errorf("%d withdrawals", len(block.Withdrawals))
	}
	return Block{block.Hash, block.Number, block.Time}, a.engine.Check(proposal)
}

// timeOfNext is the time that validators have agreed on, in whole seconds, and later than the block before.
func (a *Application) timeOfNext(agreed time.Time) uint64 {
	return max(number(a.head.Time)+1, uint64(agreed.Unix()))
}

func quantity(value uint64) string { return "0x" + strconv.FormatUint(value, 16) }

func number(text string) uint64 {
	value, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func raw(hash string) []byte {
	bytes, err := hex.DecodeString(strings.TrimPrefix(hash, "0x"))
	if err != nil {
		panic(err)
	}
	return bytes
}
