package market

import (
	"context"
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
)

// walletGas is what a wallet's contract may use to look at a signature: some of many owners look
// at each one's.
const walletGas = 5_000_000

// acceptsMagic is isValidSignature's selector and, padded, its answer for yes (ERC-1271).
var acceptsMagic = [4]byte{0x16, 0x26, 0xba, 0x7e}

// Accepts tells whether the contract at an address takes a signature of a digest for its own
// (ERC-1271). No contract, one that reverts, and one that answers anything else does not. An
// error says that no node could be asked.
func (r *Reader) Accepts(ctx context.Context, wallet common.Address, digest common.Hash, signature []byte) (bool, error) {
	input := append(acceptsMagic[:], digest[:]...)
	input = append(input, common.BigToHash(common.Big32).Bytes()...)
	input[len(input)-1] = 64 // where the signature stands: behind the two words of the head
	input = append(input, common.LeftPadBytes([]byte{byte(len(signature) >> 24), byte(len(signature) >> 16), byte(len(signature) >> 8), byte(len(signature))}, 32)...)
	input = append(append(input, signature...), make([]byte, (32-len(signature)%32)%32)...)
	out, err := r.chain.CallContract(ctx, ethereum.CallMsg{To: &wallet, Data: input, Gas: walletGas}, nil)
	if err != nil {
		_, reverted := node.RevertData(err)
		if e, ok := errors.AsType[*node.Error](err); reverted || ok && e.Verdict == node.Final && ctx.Err() == nil {
			return false, nil
		}
		return false, fmt.Errorf("ask the wallet %s: %w", wallet, err)
	}
	return len(out) == 32 && common.Hash(out) == common.BytesToHash(common.RightPadBytes(acceptsMagic[:], 32)), nil
}
