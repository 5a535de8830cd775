// Sealer lets the execution clients of several members agree on the next block: CometBFT votes, the client (here
// go-ethereum) executes. A block that two thirds of the validators have signed is final at once.
//
//	sealer init CHAIN-ID HOME...    makes keys in each home, the same genesis in all; prints each node's id
//	sealer run -home … -listen … -peers … -engine … -secret …
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/types"
)

const (
	proposalBytes = 20_000_000 // a block of contracts being deployed, written as JSON
	buildTime     = 300 * time.Millisecond
	clientStarts  = time.Minute
)

func main() {
	switch {
	case len(os.Args) > 3 && os.Args[1] == "init":
		fail(initialise(os.Args[2], os.Args[3:]))
	case len(os.Args) > 1 && os.Args[1] == "run":
		fail(run(os.Args[2:]))
	default:
		fail(fmt.Errorf("usage: sealer init CHAIN-ID HOME... | sealer run -home …"))
	}
}

func initialise(chain string, homes []string) error {
	parameters := types.DefaultConsensusParams()
	parameters.Block.MaxBytes = proposalBytes
	genesis := types.GenesisDoc{ChainID: chain, GenesisTime: time.Now(), ConsensusParams: parameters}
	for _, home := range homes {
		paths := configured(home)
		for _, folder := range []string{"config", "data"} {
			if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
				return err
			}
		}
		node, err := p2p.LoadOrGenNodeKey(paths.NodeKeyFile())
		if err != nil {
			return err
		}
		key, err := privval.LoadOrGenFilePV(paths.PrivValidatorKeyFile(), paths.PrivValidatorStateFile()).GetPubKey()
		if err != nil {
			return err
		}
		genesis.Validators = append(genesis.Validators, types.GenesisValidator{PubKey: key, Power: 1})
		fmt.Println(node.ID())
	}
	if err := genesis.ValidateAndComplete(); err != nil {
		return err
	}
	for _, home := range homes {
		if err := genesis.SaveAs(configured(home).GenesisFile()); err != nil {
			return err
		}
	}
	return nil
}

func run(arguments []string) error {
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	home := flags.String("home", "", "keys, genesis and decisions of this validator")
	listen := flags.String("listen", "", "host:port for the other validators")
	peers := flags.String("peers", "", "id@host:port of each of them, with commas between")
	url := flags.String("engine", "", "URL of the execution client's Engine API")
	secret := flags.String("secret", "", "file with the secret that both share")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	engine, err := NewEngine(*url, *secret, clientStarts)
	if err != nil {
		return err
	}
	paths := configured(*home)
	paths.P2P.ListenAddress = "tcp://" + *listen
	paths.P2P.PersistentPeers = *peers
	nodeKey, err := p2p.LoadNodeKey(paths.NodeKeyFile())
	if err != nil {
		return err
	}
	validator, err := node.NewNode(
		paths,
		privval.LoadFilePV(paths.PrivValidatorKeyFile(), paths.PrivValidatorStateFile()),
		nodeKey,
		proxy.NewLocalClientCreator(&Application{engine: engine, patience: buildTime}),
		node.DefaultGenesisDocProviderFunc(paths),
		config.DefaultDBProvider,
		node.DefaultMetricsProvider(paths.Instrumentation),
		log.NewFilter(log.NewTMLogger(os.Stdout), log.AllowError()),
	)
	if err != nil {
		return err
	}
	if err := validator.Start(); err != nil {
		return err
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGINT, syscall.SIGTERM)
	select {
	case <-stopped:
		return validator.Stop()
	case <-validator.Quit():
		return fmt.Errorf("the validator has stopped")
	}
}

// configured: only the members' own nodes meet, nobody is looked for, and no transactions travel this way.
func configured(home string) *config.Config {
	all := config.DefaultConfig().SetRoot(home)
	all.P2P.PexReactor = false
	all.P2P.AddrBookStrict = false
	all.P2P.AllowDuplicateIP = true
	all.P2P.MaxNumInboundPeers, all.P2P.MaxNumOutboundPeers = 40, 40
	all.RPC.ListenAddress = ""
	all.Mempool.Type = config.MempoolTypeNop
	all.Consensus.TimeoutPropose = 2 * time.Second
	all.Consensus.TimeoutCommit = time.Second
	return all
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sealer:", err)
		os.Exit(1)
	}
}
