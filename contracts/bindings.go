// Code generated via abigen V2 - DO NOT EDIT.
// This file is a generated binding and any manual changes will be lost.

package contracts

import (
	"bytes"
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Reference imports to suppress errors if they are not otherwise used.
var (
	_ = bytes.Equal
	_ = errors.New
	_ = big.NewInt
	_ = common.Big1
	_ = types.BloomLookup
	_ = abi.ConvertType
)

// Claim is an auto generated low-level Go binding around an user-defined struct.
type Claim struct {
	Purchase  uint64
	Delivered uint32
	Last      bool
}

// Config is an auto generated low-level Go binding around an user-defined struct.
type Config struct {
	Token          common.Address
	Owner          common.Address
	Platform       common.Address
	Guardian       common.Address
	Arbiter        common.Address
	MinStake       *big.Int
	Deposit        *big.Int
	Fee            *big.Int
	Quorum         uint32
	Ttl            *big.Int
	Review         *big.Int
	ClaimWindow    *big.Int
	ChallengeAfter *big.Int
	Unbond         *big.Int
	MaxTerm        uint32
}

// Listing is an auto generated low-level Go binding around an user-defined struct.
type Listing struct {
	Operator    uint64
	Device      [32]byte
	Price       *big.Int
	Interval    uint32
	MinDuration uint32
	Terms       [32]byte
	Stake       *big.Int
	ProofKind   uint8
	Nonce       uint32
	Deadline    *big.Int
	OperatorSig []byte
	Parents     []uint64
}

// Operator is an auto generated low-level Go binding around an user-defined struct.
type Operator struct {
	Admin        common.Address
	Signer       common.Address
	Payout       common.Address
	Verified     bool
	Keys         [32]byte
	MetadataHash [32]byte
	MetadataURI  string
}

// Permit is an auto generated low-level Go binding around an user-defined struct.
type Permit struct {
	Value    *big.Int
	Deadline *big.Int
	V        uint8
	R        [32]byte
	S        [32]byte
}

// Purchase is an auto generated low-level Go binding around an user-defined struct.
type Purchase struct {
	Buyer     common.Address
	Stream    uint64
	Delivered uint32
	Start     *big.Int
	End       *big.Int
	Price     *big.Int
	Interval  uint32
	Quota     uint32
	State     uint8
	TermsTag  [7]byte
}

// Round is an auto generated low-level Go binding around an user-defined struct.
type Round struct {
	Opened   *big.Int
	Deadline *big.Int
	Count    uint32
	State    uint8
	Payout   *big.Int
}

// Stream is an auto generated low-level Go binding around an user-defined struct.
type Stream struct {
	Owner       common.Address
	Operator    uint64
	State       uint8
	Restricted  bool
	Reopen      bool
	Device      [32]byte
	Price       *big.Int
	Interval    uint32
	MinDuration uint32
	Stake       *big.Int
	LastEnd     *big.Int
	Terms       [32]byte
	UnbondAt    *big.Int
	ResumedAt   *big.Int
	Round       uint32
}

// DTXMetaData contains all meta data concerning the DTX contract.
var DTXMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"internalType\":\"address\",\"name\":\"holder\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"supply\",\"type\":\"uint256\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[],\"name\":\"DOMAIN_SEPARATOR\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"}],\"name\":\"allowance\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"approve\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"balanceOf\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"decimals\",\"outputs\":[{\"internalType\":\"uint8\",\"name\":\"\",\"type\":\"uint8\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"name\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"}],\"name\":\"nonces\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"permit\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"symbol\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"totalSupply\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"transfer\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"transferFrom\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"Approval\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[],\"name\":\"EIP712DomainChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"Transfer\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"ECDSAInvalidSignature\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"length\",\"type\":\"uint256\"}],\"name\":\"ECDSAInvalidSignatureLength\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"ECDSAInvalidSignatureS\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"allowance\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"needed\",\"type\":\"uint256\"}],\"name\":\"ERC20InsufficientAllowance\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"sender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"balance\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"needed\",\"type\":\"uint256\"}],\"name\":\"ERC20InsufficientBalance\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"approver\",\"type\":\"address\"}],\"name\":\"ERC20InvalidApprover\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"receiver\",\"type\":\"address\"}],\"name\":\"ERC20InvalidReceiver\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"sender\",\"type\":\"address\"}],\"name\":\"ERC20InvalidSender\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"}],\"name\":\"ERC20InvalidSpender\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"}],\"name\":\"ERC2612ExpiredSignature\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"}],\"name\":\"ERC2612InvalidSigner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"currentNonce\",\"type\":\"uint256\"}],\"name\":\"InvalidAccountNonce\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"InvalidShortString\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"string\",\"name\":\"str\",\"type\":\"string\"}],\"name\":\"StringTooLong\",\"type\":\"error\"}]",
	ID:  "DTX",
	Bin: "0x6101608060405234610517576040816110aa8038038091610020828561051b565b8339810103126105175780516001600160a01b0381169190829003610517576020015160405161005160408261051b565b60148152602081017f4461746142726f6b65722044414f20546f6b656e00000000000000000000000081526040519061008b60408361051b565b601482527f4461746142726f6b65722044414f20546f6b656e0000000000000000000000006020830152604051926100c460408561051b565b6003845262088a8b60eb1b6020850152604051936100e360408661051b565b60018552603160f81b60208601908152845190946001600160401b0382116104125760035490600182811c9216801561050d575b60208310146103f45781601f849311610497575b50602090601f8311600114610431575f92610426575b50508160011b915f199060031b1c1916176003555b8051906001600160401b0382116104125760045490600182811c92168015610408575b60208310146103f45781601f84931161037e575b50602090601f8311600114610318575f9261030d575b50508160011b915f199060031b1c1916176004555b6101c18161053e565b610120526101ce8461053e565b61014052519020918260e05251902080610100524660a0526040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a0815261023760c08261051b565b5190206080523060c05281156102fa57600254908082018092116102e65760207fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef915f9360025584845283825260408420818154019055604051908152a3604051610b0090816105aa82396080518161087b015260a05181610938015260c05181610845015260e051816108ca015261010051816108f001526101205181610399015261014051816103c20152f35b634e487b7160e01b5f52601160045260245ffd5b63ec442f0560e01b5f525f60045260245ffd5b015190505f806101a3565b60045f9081528281209350601f198516905b818110610366575090846001959493921061034e575b505050811b016004556101b8565b01515f1960f88460031b161c191690555f8080610340565b9293602060018192878601518155019501930161032a565b8281111561018d5760045f52909150601f830160051c7f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b602085106103ec575b849392601f0160051c82900391015f5b8281106103dc57505061018d565b5f818301558594506001016103ce565b5f91506103be565b634e487b7160e01b5f52602260045260245ffd5b91607f1691610179565b634e487b7160e01b5f52604160045260245ffd5b015190505f80610141565b60035f9081528281209350601f198516905b81811061047f5750908460019594939210610467575b505050811b01600355610156565b01515f1960f88460031b161c191690555f8080610459565b92936020600181928786015181550195019301610443565b8281111561012b5760035f52909150601f830160051c7fc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b60208510610505575b849392601f0160051c82900391015f5b8281106104f557505061012b565b5f818301558594506001016104e7565b5f91506104d7565b91607f1691610117565b5f80fd5b601f909101601f19168101906001600160401b0382119082101761041257604052565b601f81511161056957602081519101516020821061055a571790565b5f198260200360031b1b161790565b604460209160405192839163305a27a960e01b83528160048401528051918291826024860152018484015e5f828201840152601f01601f19168101030190fdfe6080806040526004361015610012575f80fd5b5f3560e01c90816306fdde031461064757508063095ea7b31461062157806318160ddd1461060457806323b872dd14610525578063313ce5671461050a5780633644e515146104e857806370a08231146104b15780637ecebe001461047957806384b0196e1461038157806395d89b4114610275578063a9059cbb14610244578063d505accf146100ff5763dd62ed3e146100ab575f80fd5b346100fb5760403660031901126100fb576100c4610723565b6100cc610739565b6001600160a01b039182165f908152600160209081526040808320949093168252928352819020549051908152f35b5f80fd5b346100fb5760e03660031901126100fb57610118610723565b610120610739565b604435906064359260843560ff811681036100fb57844211610231576101f46101fd9160018060a01b03841696875f52600760205260405f20908154916001830190556040519060208201927f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c984528a604084015260018060a01b038916606084015289608084015260a083015260c082015260c081526101c260e08261074f565b5190206101cd610842565b906040519161190160f01b83526002830152602282015260c43591604260a43592206109ff565b90929192610a8c565b6001600160a01b031684810361021a5750610218935061095e565b005b84906325c0072360e11b5f5260045260245260445ffd5b8463313c898160e11b5f5260045260245ffd5b346100fb5760403660031901126100fb5761026a610260610723565b6024359033610785565b602060405160018152f35b346100fb575f3660031901126100fb576040515f6004548060011c90600181168015610377575b6020831081146103635782855290811561033f57506001146102e1575b6102dd836102c98185038261074f565b6040519182916020835260208301906106ff565b0390f35b91905060045f527f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b915f905b808210610325575090915081016020016102c96102b9565b91926001816020925483858801015201910190929161030d565b60ff191660208086019190915291151560051b840190910191506102c990506102b9565b634e487b7160e01b5f52602260045260245ffd5b91607f169161029c565b346100fb575f3660031901126100fb5761041d6103bd7f00000000000000000000000000000000000000000000000000000000000000006109c1565b6103e67f00000000000000000000000000000000000000000000000000000000000000006109c1565b602061042b604051926103f9838561074f565b5f84525f368137604051958695600f60f81b875260e08588015260e08701906106ff565b9085820360408701526106ff565b4660608501523060808501525f60a085015283810360c08501528180845192838152019301915f5b82811061046257505050500390f35b835185528695509381019392810192600101610453565b346100fb5760203660031901126100fb576001600160a01b0361049a610723565b165f526007602052602060405f2054604051908152f35b346100fb5760203660031901126100fb576001600160a01b036104d2610723565b165f525f602052602060405f2054604051908152f35b346100fb575f3660031901126100fb576020610502610842565b604051908152f35b346100fb575f3660031901126100fb57602060405160128152f35b346100fb5760603660031901126100fb5761053e610723565b610546610739565b6001600160a01b0382165f818152600160209081526040808320338452909152902054909260443592915f198110610584575b5061026a9350610785565b8381106105e95784156105d65733156105c35761026a945f52600160205260405f2060018060a01b0333165f526020528360405f209103905584610579565b634a1406b160e11b5f525f60045260245ffd5b63e602df0560e01b5f525f60045260245ffd5b8390637dc7a0d960e11b5f523360045260245260445260645ffd5b346100fb575f3660031901126100fb576020600254604051908152f35b346100fb5760403660031901126100fb5761026a61063d610723565b602435903361095e565b346100fb575f3660031901126100fb575f6003548060011c906001811680156106f5575b6020831081146103635782855290811561033f5750600114610697576102dd836102c98185038261074f565b91905060035f527fc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b915f905b8082106106db575090915081016020016102c96102b9565b9192600181602092548385880101520191019092916106c3565b91607f169161066b565b805180835260209291819084018484015e5f828201840152601f01601f1916010190565b600435906001600160a01b03821682036100fb57565b602435906001600160a01b03821682036100fb57565b90601f8019910116810190811067ffffffffffffffff82111761077157604052565b634e487b7160e01b5f52604160045260245ffd5b6001600160a01b031690811561082f576001600160a01b031691821561081c57815f525f60205260405f205481811061080357817fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef92602092855f525f84520360405f2055845f525f825260405f20818154019055604051908152a3565b8263391434e360e21b5f5260045260245260445260645ffd5b63ec442f0560e01b5f525f60045260245ffd5b634b637e8f60e11b5f525f60045260245ffd5b307f00000000000000000000000000000000000000000000000000000000000000006001600160a01b03161480610935575b1561089d577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a0815261092f60c08261074f565b51902090565b507f00000000000000000000000000000000000000000000000000000000000000004614610874565b6001600160a01b03169081156105d6576001600160a01b03169182156105c35760207f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b92591835f526001825260405f20855f5282528060405f2055604051908152a3565b60ff811690601f82116109f057604051916109dd60408461074f565b6020808452838101919036833783525290565b632cd44ac360e21b5f5260045ffd5b91907f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411610a81579160209360809260ff5f9560405194855216868401526040830152606082015282805260015afa15610a76575f516001600160a01b03811615610a6c57905f905f90565b505f906001905f90565b6040513d5f823e3d90fd5b5050505f9160039190565b6004811015610aec5780610a9e575050565b60018103610ab55763f645eedf60e01b5f5260045ffd5b60028103610ad0575063fce698f760e01b5f5260045260245ffd5b600314610ada5750565b6335e2f38360e21b5f5260045260245ffd5b634e487b7160e01b5f52602160045260245ffd",
}

// DTX is an auto generated Go binding around an Ethereum contract.
type DTX struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *DTX) GetABI() abi.ABI {
	return c.abi
}

// NewDTX creates a new instance of DTX.
func NewDTX() *DTX {
	parsed, err := DTXMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &DTX{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *DTX) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackConstructor is the Go binding used to pack the parameters required for
// contract deployment.
//
// Solidity: constructor(address holder, uint256 supply) returns()
func (dTX *DTX) PackConstructor(holder common.Address, supply *big.Int) []byte {
	enc, err := dTX.abi.Pack("", holder, supply)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackDOMAINSEPARATOR is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3644e515.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (dTX *DTX) PackDOMAINSEPARATOR() []byte {
	enc, err := dTX.abi.Pack("DOMAIN_SEPARATOR")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDOMAINSEPARATOR is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3644e515.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (dTX *DTX) TryPackDOMAINSEPARATOR() ([]byte, error) {
	return dTX.abi.Pack("DOMAIN_SEPARATOR")
}

// UnpackDOMAINSEPARATOR is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x3644e515.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (dTX *DTX) UnpackDOMAINSEPARATOR(data []byte) ([32]byte, error) {
	out, err := dTX.abi.Unpack("DOMAIN_SEPARATOR", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackAllowance is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdd62ed3e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (dTX *DTX) PackAllowance(owner common.Address, spender common.Address) []byte {
	enc, err := dTX.abi.Pack("allowance", owner, spender)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAllowance is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdd62ed3e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (dTX *DTX) TryPackAllowance(owner common.Address, spender common.Address) ([]byte, error) {
	return dTX.abi.Pack("allowance", owner, spender)
}

// UnpackAllowance is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xdd62ed3e.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (dTX *DTX) UnpackAllowance(data []byte) (*big.Int, error) {
	out, err := dTX.abi.Unpack("allowance", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackApprove is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x095ea7b3.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (dTX *DTX) PackApprove(spender common.Address, value *big.Int) []byte {
	enc, err := dTX.abi.Pack("approve", spender, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackApprove is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x095ea7b3.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (dTX *DTX) TryPackApprove(spender common.Address, value *big.Int) ([]byte, error) {
	return dTX.abi.Pack("approve", spender, value)
}

// UnpackApprove is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x095ea7b3.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (dTX *DTX) UnpackApprove(data []byte) (bool, error) {
	out, err := dTX.abi.Unpack("approve", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackBalanceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x70a08231.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (dTX *DTX) PackBalanceOf(account common.Address) []byte {
	enc, err := dTX.abi.Pack("balanceOf", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBalanceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x70a08231.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (dTX *DTX) TryPackBalanceOf(account common.Address) ([]byte, error) {
	return dTX.abi.Pack("balanceOf", account)
}

// UnpackBalanceOf is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x70a08231.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (dTX *DTX) UnpackBalanceOf(data []byte) (*big.Int, error) {
	out, err := dTX.abi.Unpack("balanceOf", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackDecimals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x313ce567.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function decimals() view returns(uint8)
func (dTX *DTX) PackDecimals() []byte {
	enc, err := dTX.abi.Pack("decimals")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDecimals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x313ce567.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function decimals() view returns(uint8)
func (dTX *DTX) TryPackDecimals() ([]byte, error) {
	return dTX.abi.Pack("decimals")
}

// UnpackDecimals is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x313ce567.
//
// Solidity: function decimals() view returns(uint8)
func (dTX *DTX) UnpackDecimals(data []byte) (uint8, error) {
	out, err := dTX.abi.Unpack("decimals", data)
	if err != nil {
		return *new(uint8), err
	}
	out0 := *abi.ConvertType(out[0], new(uint8)).(*uint8)
	return out0, nil
}

// PackName is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x06fdde03.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function name() view returns(string)
func (dTX *DTX) PackName() []byte {
	enc, err := dTX.abi.Pack("name")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackName is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x06fdde03.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function name() view returns(string)
func (dTX *DTX) TryPackName() ([]byte, error) {
	return dTX.abi.Pack("name")
}

// UnpackName is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x06fdde03.
//
// Solidity: function name() view returns(string)
func (dTX *DTX) UnpackName(data []byte) (string, error) {
	out, err := dTX.abi.Unpack("name", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// PackNonces is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7ecebe00.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function nonces(address owner) view returns(uint256)
func (dTX *DTX) PackNonces(owner common.Address) []byte {
	enc, err := dTX.abi.Pack("nonces", owner)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackNonces is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7ecebe00.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function nonces(address owner) view returns(uint256)
func (dTX *DTX) TryPackNonces(owner common.Address) ([]byte, error) {
	return dTX.abi.Pack("nonces", owner)
}

// UnpackNonces is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7ecebe00.
//
// Solidity: function nonces(address owner) view returns(uint256)
func (dTX *DTX) UnpackNonces(data []byte) (*big.Int, error) {
	out, err := dTX.abi.Unpack("nonces", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackPermit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd505accf.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) returns()
func (dTX *DTX) PackPermit(owner common.Address, spender common.Address, value *big.Int, deadline *big.Int, v uint8, r [32]byte, s [32]byte) []byte {
	enc, err := dTX.abi.Pack("permit", owner, spender, value, deadline, v, r, s)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPermit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd505accf.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) returns()
func (dTX *DTX) TryPackPermit(owner common.Address, spender common.Address, value *big.Int, deadline *big.Int, v uint8, r [32]byte, s [32]byte) ([]byte, error) {
	return dTX.abi.Pack("permit", owner, spender, value, deadline, v, r, s)
}

// PackSymbol is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x95d89b41.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function symbol() view returns(string)
func (dTX *DTX) PackSymbol() []byte {
	enc, err := dTX.abi.Pack("symbol")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSymbol is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x95d89b41.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function symbol() view returns(string)
func (dTX *DTX) TryPackSymbol() ([]byte, error) {
	return dTX.abi.Pack("symbol")
}

// UnpackSymbol is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x95d89b41.
//
// Solidity: function symbol() view returns(string)
func (dTX *DTX) UnpackSymbol(data []byte) (string, error) {
	out, err := dTX.abi.Unpack("symbol", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// PackTotalSupply is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18160ddd.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function totalSupply() view returns(uint256)
func (dTX *DTX) PackTotalSupply() []byte {
	enc, err := dTX.abi.Pack("totalSupply")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTotalSupply is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18160ddd.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function totalSupply() view returns(uint256)
func (dTX *DTX) TryPackTotalSupply() ([]byte, error) {
	return dTX.abi.Pack("totalSupply")
}

// UnpackTotalSupply is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x18160ddd.
//
// Solidity: function totalSupply() view returns(uint256)
func (dTX *DTX) UnpackTotalSupply(data []byte) (*big.Int, error) {
	out, err := dTX.abi.Unpack("totalSupply", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackTransfer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa9059cbb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (dTX *DTX) PackTransfer(to common.Address, value *big.Int) []byte {
	enc, err := dTX.abi.Pack("transfer", to, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransfer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa9059cbb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (dTX *DTX) TryPackTransfer(to common.Address, value *big.Int) ([]byte, error) {
	return dTX.abi.Pack("transfer", to, value)
}

// UnpackTransfer is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xa9059cbb.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (dTX *DTX) UnpackTransfer(data []byte) (bool, error) {
	out, err := dTX.abi.Unpack("transfer", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackTransferFrom is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23b872dd.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (dTX *DTX) PackTransferFrom(from common.Address, to common.Address, value *big.Int) []byte {
	enc, err := dTX.abi.Pack("transferFrom", from, to, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferFrom is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23b872dd.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (dTX *DTX) TryPackTransferFrom(from common.Address, to common.Address, value *big.Int) ([]byte, error) {
	return dTX.abi.Pack("transferFrom", from, to, value)
}

// UnpackTransferFrom is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x23b872dd.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (dTX *DTX) UnpackTransferFrom(data []byte) (bool, error) {
	out, err := dTX.abi.Unpack("transferFrom", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// DTXApproval represents a Approval event raised by the DTX contract.
type DTXApproval struct {
	Owner   common.Address
	Spender common.Address
	Value   *big.Int
	Raw     *types.Log // Blockchain specific contextual infos
}

const DTXApprovalEventName = "Approval"

// ContractEventName returns the user-defined event name.
func (DTXApproval) ContractEventName() string {
	return DTXApprovalEventName
}

// UnpackApprovalEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Approval(address indexed owner, address indexed spender, uint256 value)
func (dTX *DTX) UnpackApprovalEvent(log *types.Log) (*DTXApproval, error) {
	event := "Approval"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dTX.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DTXApproval)
	if len(log.Data) > 0 {
		if err := dTX.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dTX.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DTXEIP712DomainChanged represents a EIP712DomainChanged event raised by the DTX contract.
type DTXEIP712DomainChanged struct {
	Raw *types.Log // Blockchain specific contextual infos
}

const DTXEIP712DomainChangedEventName = "EIP712DomainChanged"

// ContractEventName returns the user-defined event name.
func (DTXEIP712DomainChanged) ContractEventName() string {
	return DTXEIP712DomainChangedEventName
}

// UnpackEIP712DomainChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event EIP712DomainChanged()
func (dTX *DTX) UnpackEIP712DomainChangedEvent(log *types.Log) (*DTXEIP712DomainChanged, error) {
	event := "EIP712DomainChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dTX.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DTXEIP712DomainChanged)
	if len(log.Data) > 0 {
		if err := dTX.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dTX.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DTXTransfer represents a Transfer event raised by the DTX contract.
type DTXTransfer struct {
	From  common.Address
	To    common.Address
	Value *big.Int
	Raw   *types.Log // Blockchain specific contextual infos
}

const DTXTransferEventName = "Transfer"

// ContractEventName returns the user-defined event name.
func (DTXTransfer) ContractEventName() string {
	return DTXTransferEventName
}

// UnpackTransferEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Transfer(address indexed from, address indexed to, uint256 value)
func (dTX *DTX) UnpackTransferEvent(log *types.Log) (*DTXTransfer, error) {
	event := "Transfer"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dTX.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DTXTransfer)
	if len(log.Data) > 0 {
		if err := dTX.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dTX.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (dTX *DTX) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], dTX.abi.Errors["ECDSAInvalidSignature"].ID.Bytes()[:4]) {
		return dTX.UnpackECDSAInvalidSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ECDSAInvalidSignatureLength"].ID.Bytes()[:4]) {
		return dTX.UnpackECDSAInvalidSignatureLengthError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ECDSAInvalidSignatureS"].ID.Bytes()[:4]) {
		return dTX.UnpackECDSAInvalidSignatureSError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC20InsufficientAllowance"].ID.Bytes()[:4]) {
		return dTX.UnpackERC20InsufficientAllowanceError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC20InsufficientBalance"].ID.Bytes()[:4]) {
		return dTX.UnpackERC20InsufficientBalanceError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC20InvalidApprover"].ID.Bytes()[:4]) {
		return dTX.UnpackERC20InvalidApproverError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC20InvalidReceiver"].ID.Bytes()[:4]) {
		return dTX.UnpackERC20InvalidReceiverError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC20InvalidSender"].ID.Bytes()[:4]) {
		return dTX.UnpackERC20InvalidSenderError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC20InvalidSpender"].ID.Bytes()[:4]) {
		return dTX.UnpackERC20InvalidSpenderError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC2612ExpiredSignature"].ID.Bytes()[:4]) {
		return dTX.UnpackERC2612ExpiredSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["ERC2612InvalidSigner"].ID.Bytes()[:4]) {
		return dTX.UnpackERC2612InvalidSignerError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["InvalidAccountNonce"].ID.Bytes()[:4]) {
		return dTX.UnpackInvalidAccountNonceError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["InvalidShortString"].ID.Bytes()[:4]) {
		return dTX.UnpackInvalidShortStringError(raw[4:])
	}
	if bytes.Equal(raw[:4], dTX.abi.Errors["StringTooLong"].ID.Bytes()[:4]) {
		return dTX.UnpackStringTooLongError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// DTXECDSAInvalidSignature represents a ECDSAInvalidSignature error raised by the DTX contract.
type DTXECDSAInvalidSignature struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignature()
func DTXECDSAInvalidSignatureErrorID() common.Hash {
	return common.HexToHash("0xf645eedf0193584640b6b90cb9477e4c95b98636c148a891d4c0a146dc46e75a")
}

// UnpackECDSAInvalidSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignature()
func (dTX *DTX) UnpackECDSAInvalidSignatureError(raw []byte) (*DTXECDSAInvalidSignature, error) {
	out := new(DTXECDSAInvalidSignature)
	if err := dTX.abi.UnpackIntoInterface(out, "ECDSAInvalidSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXECDSAInvalidSignatureLength represents a ECDSAInvalidSignatureLength error raised by the DTX contract.
type DTXECDSAInvalidSignatureLength struct {
	Length *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignatureLength(uint256 length)
func DTXECDSAInvalidSignatureLengthErrorID() common.Hash {
	return common.HexToHash("0xfce698f7e8e5342cd615f641317bc45fe7e1e4a8b0a14dd1383ff8dc9c41917f")
}

// UnpackECDSAInvalidSignatureLengthError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignatureLength(uint256 length)
func (dTX *DTX) UnpackECDSAInvalidSignatureLengthError(raw []byte) (*DTXECDSAInvalidSignatureLength, error) {
	out := new(DTXECDSAInvalidSignatureLength)
	if err := dTX.abi.UnpackIntoInterface(out, "ECDSAInvalidSignatureLength", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXECDSAInvalidSignatureS represents a ECDSAInvalidSignatureS error raised by the DTX contract.
type DTXECDSAInvalidSignatureS struct {
	S [32]byte
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignatureS(bytes32 s)
func DTXECDSAInvalidSignatureSErrorID() common.Hash {
	return common.HexToHash("0xd78bce0cccb935155ed6428d1c13e50b7f3550fd2b66b9fe266006fea4a5e1eb")
}

// UnpackECDSAInvalidSignatureSError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignatureS(bytes32 s)
func (dTX *DTX) UnpackECDSAInvalidSignatureSError(raw []byte) (*DTXECDSAInvalidSignatureS, error) {
	out := new(DTXECDSAInvalidSignatureS)
	if err := dTX.abi.UnpackIntoInterface(out, "ECDSAInvalidSignatureS", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC20InsufficientAllowance represents a ERC20InsufficientAllowance error raised by the DTX contract.
type DTXERC20InsufficientAllowance struct {
	Spender   common.Address
	Allowance *big.Int
	Needed    *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)
func DTXERC20InsufficientAllowanceErrorID() common.Hash {
	return common.HexToHash("0xfb8f41b23e99d2101d86da76cdfa87dd51c82ed07d3cb62cbc473e469dbc75c3")
}

// UnpackERC20InsufficientAllowanceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)
func (dTX *DTX) UnpackERC20InsufficientAllowanceError(raw []byte) (*DTXERC20InsufficientAllowance, error) {
	out := new(DTXERC20InsufficientAllowance)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC20InsufficientAllowance", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC20InsufficientBalance represents a ERC20InsufficientBalance error raised by the DTX contract.
type DTXERC20InsufficientBalance struct {
	Sender  common.Address
	Balance *big.Int
	Needed  *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)
func DTXERC20InsufficientBalanceErrorID() common.Hash {
	return common.HexToHash("0xe450d38cd8d9f7d95077d567d60ed49c7254716e6ad08fc9872816c97e0ffec6")
}

// UnpackERC20InsufficientBalanceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)
func (dTX *DTX) UnpackERC20InsufficientBalanceError(raw []byte) (*DTXERC20InsufficientBalance, error) {
	out := new(DTXERC20InsufficientBalance)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC20InsufficientBalance", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC20InvalidApprover represents a ERC20InvalidApprover error raised by the DTX contract.
type DTXERC20InvalidApprover struct {
	Approver common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidApprover(address approver)
func DTXERC20InvalidApproverErrorID() common.Hash {
	return common.HexToHash("0xe602df05cc75712490294c6c104ab7c17f4030363910a7a2626411c6d3118847")
}

// UnpackERC20InvalidApproverError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidApprover(address approver)
func (dTX *DTX) UnpackERC20InvalidApproverError(raw []byte) (*DTXERC20InvalidApprover, error) {
	out := new(DTXERC20InvalidApprover)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC20InvalidApprover", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC20InvalidReceiver represents a ERC20InvalidReceiver error raised by the DTX contract.
type DTXERC20InvalidReceiver struct {
	Receiver common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidReceiver(address receiver)
func DTXERC20InvalidReceiverErrorID() common.Hash {
	return common.HexToHash("0xec442f055133b72f3b2f9f0bb351c406b178527de2040a7d1feb4e058771f613")
}

// UnpackERC20InvalidReceiverError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidReceiver(address receiver)
func (dTX *DTX) UnpackERC20InvalidReceiverError(raw []byte) (*DTXERC20InvalidReceiver, error) {
	out := new(DTXERC20InvalidReceiver)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC20InvalidReceiver", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC20InvalidSender represents a ERC20InvalidSender error raised by the DTX contract.
type DTXERC20InvalidSender struct {
	Sender common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidSender(address sender)
func DTXERC20InvalidSenderErrorID() common.Hash {
	return common.HexToHash("0x96c6fd1edd0cd6ef7ff0ecc0facdf53148dc0048b57fe58af65755250a7a96bd")
}

// UnpackERC20InvalidSenderError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidSender(address sender)
func (dTX *DTX) UnpackERC20InvalidSenderError(raw []byte) (*DTXERC20InvalidSender, error) {
	out := new(DTXERC20InvalidSender)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC20InvalidSender", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC20InvalidSpender represents a ERC20InvalidSpender error raised by the DTX contract.
type DTXERC20InvalidSpender struct {
	Spender common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidSpender(address spender)
func DTXERC20InvalidSpenderErrorID() common.Hash {
	return common.HexToHash("0x94280d62c347d8d9f4d59a76ea321452406db88df38e0c9da304f58b57b373a2")
}

// UnpackERC20InvalidSpenderError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidSpender(address spender)
func (dTX *DTX) UnpackERC20InvalidSpenderError(raw []byte) (*DTXERC20InvalidSpender, error) {
	out := new(DTXERC20InvalidSpender)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC20InvalidSpender", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC2612ExpiredSignature represents a ERC2612ExpiredSignature error raised by the DTX contract.
type DTXERC2612ExpiredSignature struct {
	Deadline *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC2612ExpiredSignature(uint256 deadline)
func DTXERC2612ExpiredSignatureErrorID() common.Hash {
	return common.HexToHash("0x627913023c184eaad13735d5a3d2657ae76ec9a872a70e0fc57522ef1a114d58")
}

// UnpackERC2612ExpiredSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC2612ExpiredSignature(uint256 deadline)
func (dTX *DTX) UnpackERC2612ExpiredSignatureError(raw []byte) (*DTXERC2612ExpiredSignature, error) {
	out := new(DTXERC2612ExpiredSignature)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC2612ExpiredSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXERC2612InvalidSigner represents a ERC2612InvalidSigner error raised by the DTX contract.
type DTXERC2612InvalidSigner struct {
	Signer common.Address
	Owner  common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC2612InvalidSigner(address signer, address owner)
func DTXERC2612InvalidSignerErrorID() common.Hash {
	return common.HexToHash("0x4b800e463b323b1d856edf9dec70329a639d13874a57f5c28219ff57128756db")
}

// UnpackERC2612InvalidSignerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC2612InvalidSigner(address signer, address owner)
func (dTX *DTX) UnpackERC2612InvalidSignerError(raw []byte) (*DTXERC2612InvalidSigner, error) {
	out := new(DTXERC2612InvalidSigner)
	if err := dTX.abi.UnpackIntoInterface(out, "ERC2612InvalidSigner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXInvalidAccountNonce represents a InvalidAccountNonce error raised by the DTX contract.
type DTXInvalidAccountNonce struct {
	Account      common.Address
	CurrentNonce *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InvalidAccountNonce(address account, uint256 currentNonce)
func DTXInvalidAccountNonceErrorID() common.Hash {
	return common.HexToHash("0x752d88c0de02638abf10e8e31861e4c68dc1f3a1e7d840e580683f2c282bfc7a")
}

// UnpackInvalidAccountNonceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InvalidAccountNonce(address account, uint256 currentNonce)
func (dTX *DTX) UnpackInvalidAccountNonceError(raw []byte) (*DTXInvalidAccountNonce, error) {
	out := new(DTXInvalidAccountNonce)
	if err := dTX.abi.UnpackIntoInterface(out, "InvalidAccountNonce", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXInvalidShortString represents a InvalidShortString error raised by the DTX contract.
type DTXInvalidShortString struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InvalidShortString()
func DTXInvalidShortStringErrorID() common.Hash {
	return common.HexToHash("0xb3512b0c6163e5f0bafab72bb631b9d58cd7a731b082f910338aa21c83d5c274")
}

// UnpackInvalidShortStringError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InvalidShortString()
func (dTX *DTX) UnpackInvalidShortStringError(raw []byte) (*DTXInvalidShortString, error) {
	out := new(DTXInvalidShortString)
	if err := dTX.abi.UnpackIntoInterface(out, "InvalidShortString", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DTXStringTooLong represents a StringTooLong error raised by the DTX contract.
type DTXStringTooLong struct {
	Str string
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error StringTooLong(string str)
func DTXStringTooLongErrorID() common.Hash {
	return common.HexToHash("0x305a27a93f8e33b7392df0a0f91d6fc63847395853c45991eec52dbf24d72381")
}

// UnpackStringTooLongError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error StringTooLong(string str)
func (dTX *DTX) UnpackStringTooLongError(raw []byte) (*DTXStringTooLong, error) {
	out := new(DTXStringTooLong)
	if err := dTX.abi.UnpackIntoInterface(out, "StringTooLong", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketMetaData contains all meta data concerning the DataMarket contract.
var DataMarketMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"platform\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"guardian\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"arbiter\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"minStake\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"deposit\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"fee\",\"type\":\"uint96\"},{\"internalType\":\"uint32\",\"name\":\"quorum\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"ttl\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"review\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"claimWindow\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"challengeAfter\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"unbond\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"maxTerm\",\"type\":\"uint32\"}],\"internalType\":\"structConfig\",\"name\":\"c\",\"type\":\"tuple\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[],\"name\":\"acceptOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"name\":\"addStake\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"address[]\",\"name\":\"buyers\",\"type\":\"address[]\"},{\"internalType\":\"bool\",\"name\":\"allowed\",\"type\":\"bool\"}],\"name\":\"allow\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"duration\",\"type\":\"uint32\"},{\"internalType\":\"uint256\",\"name\":\"maxTotal\",\"type\":\"uint256\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"internalType\":\"address\",\"name\":\"beneficiary\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"routeHash\",\"type\":\"bytes32\"}],\"name\":\"buy\",\"outputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"cancel\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"evidenceHash\",\"type\":\"bytes32\"}],\"name\":\"challenge\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"close\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"config\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"platform\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"guardian\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"arbiter\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"minStake\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"deposit\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"fee\",\"type\":\"uint96\"},{\"internalType\":\"uint32\",\"name\":\"quorum\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"ttl\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"review\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"claimWindow\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"challengeAfter\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"unbond\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"maxTerm\",\"type\":\"uint32\"}],\"internalType\":\"structConfig\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"credit\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"}],\"name\":\"deviceNonce\",\"outputs\":[{\"internalType\":\"uint32\",\"name\":\"\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"expire\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"duration\",\"type\":\"uint32\"},{\"internalType\":\"uint256\",\"name\":\"maxTotal\",\"type\":\"uint256\"}],\"name\":\"extend\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"finish\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"}],\"name\":\"getOperator\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"admin\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"},{\"internalType\":\"bool\",\"name\":\"verified\",\"type\":\"bool\"},{\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"},{\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"}],\"internalType\":\"structOperator\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"getPurchase\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"},{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"start\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"quota\",\"type\":\"uint32\"},{\"internalType\":\"enumPurchaseState\",\"name\":\"state\",\"type\":\"uint8\"},{\"internalType\":\"bytes7\",\"name\":\"termsTag\",\"type\":\"bytes7\"}],\"internalType\":\"structPurchase\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"}],\"name\":\"getRound\",\"outputs\":[{\"components\":[{\"internalType\":\"uint40\",\"name\":\"opened\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"count\",\"type\":\"uint32\"},{\"internalType\":\"enumRoundState\",\"name\":\"state\",\"type\":\"uint8\"},{\"internalType\":\"uint96\",\"name\":\"payout\",\"type\":\"uint96\"}],\"internalType\":\"structRound\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"getStream\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"enumStreamState\",\"name\":\"state\",\"type\":\"uint8\"},{\"internalType\":\"bool\",\"name\":\"restricted\",\"type\":\"bool\"},{\"internalType\":\"bool\",\"name\":\"reopen\",\"type\":\"bool\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"minDuration\",\"type\":\"uint32\"},{\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"},{\"internalType\":\"uint40\",\"name\":\"lastEnd\",\"type\":\"uint40\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"internalType\":\"uint40\",\"name\":\"unbondAt\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"resumedAt\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"}],\"internalType\":\"structStream\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"}],\"name\":\"hasChallenged\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"}],\"name\":\"isAllowed\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"minDuration\",\"type\":\"uint32\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"},{\"internalType\":\"uint8\",\"name\":\"proofKind\",\"type\":\"uint8\"},{\"internalType\":\"uint32\",\"name\":\"nonce\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"},{\"internalType\":\"bytes\",\"name\":\"operatorSig\",\"type\":\"bytes\"},{\"internalType\":\"PurchaseId[]\",\"name\":\"parents\",\"type\":\"uint64[]\"}],\"internalType\":\"structListing\",\"name\":\"l\",\"type\":\"tuple\"}],\"name\":\"list\",\"outputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"}],\"name\":\"liveStream\",\"outputs\":[{\"internalType\":\"StreamId\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes[]\",\"name\":\"data\",\"type\":\"bytes[]\"}],\"name\":\"multicall\",\"outputs\":[{\"internalType\":\"bytes[]\",\"name\":\"results\",\"type\":\"bytes[]\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"operatorCount\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"owner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pause\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"paused\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pendingOwner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"purchaseCount\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"}],\"name\":\"redeem\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"},{\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"registerOperator\",\"outputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"renounceOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"retire\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"bool\",\"name\":\"upheld\",\"type\":\"bool\"},{\"internalType\":\"bytes32\",\"name\":\"rulingHash\",\"type\":\"bytes32\"}],\"name\":\"rule\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"minDuration\",\"type\":\"uint32\"}],\"name\":\"setOffer\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"},{\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"setOperatorMetadata\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"}],\"name\":\"setPayout\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"bool\",\"name\":\"restricted\",\"type\":\"bool\"}],\"name\":\"setRestricted\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"}],\"name\":\"setSigner\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"}],\"name\":\"setTerms\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"components\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"internalType\":\"bool\",\"name\":\"last\",\"type\":\"bool\"}],\"internalType\":\"structClaim[]\",\"name\":\"claims\",\"type\":\"tuple[]\"},{\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"}],\"name\":\"settle\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"components\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"internalType\":\"bool\",\"name\":\"last\",\"type\":\"bool\"}],\"internalType\":\"structClaim[]\",\"name\":\"claims\",\"type\":\"tuple[]\"},{\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"},{\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"},{\"internalType\":\"bytes\",\"name\":\"sig\",\"type\":\"bytes\"}],\"name\":\"settleSigned\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"streamCount\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"token\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"transferOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"unpause\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"internalType\":\"structPermit\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"usePermit\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"internalType\":\"bool\",\"name\":\"verified\",\"type\":\"bool\"}],\"name\":\"verifyOperator\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"withdraw\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"withdrawStake\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"allowed\",\"type\":\"bool\"}],\"name\":\"AllowedSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"}],\"name\":\"Cancelled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"evidenceHash\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"count\",\"type\":\"uint32\"}],\"name\":\"Challenged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"ClaimSkipped\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[],\"name\":\"EIP712DomainChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"quota\",\"type\":\"uint32\"}],\"name\":\"Extended\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"refund\",\"type\":\"uint256\"}],\"name\":\"Finished\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"minDuration\",\"type\":\"uint32\"}],\"name\":\"OfferSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"OperatorMetadataSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"admin\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"OperatorRegistered\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"verified\",\"type\":\"bool\"}],\"name\":\"OperatorVerified\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previousOwner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"OwnershipTransferStarted\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previousOwner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"OwnershipTransferred\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":false,\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"Paused\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"}],\"name\":\"PayoutSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"start\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"quota\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"routeHash\",\"type\":\"bytes32\"}],\"name\":\"Purchased\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Redeemed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"restricted\",\"type\":\"bool\"}],\"name\":\"RestrictedSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"}],\"name\":\"ReviewOpened\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"enumRoundState\",\"name\":\"state\",\"type\":\"uint8\"}],\"name\":\"RoundExpired\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"upheld\",\"type\":\"bool\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"rulingHash\",\"type\":\"bytes32\"}],\"name\":\"Ruled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"gross\",\"type\":\"uint256\"}],\"name\":\"Settled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"}],\"name\":\"SettlementRoot\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"}],\"name\":\"SignerSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"}],\"name\":\"StakeAdded\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"name\":\"StakeWithdrawn\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"unbondAt\",\"type\":\"uint40\"}],\"name\":\"StreamClosed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"minDuration\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"},{\"indexed\":false,\"internalType\":\"uint8\",\"name\":\"proofKind\",\"type\":\"uint8\"},{\"indexed\":false,\"internalType\":\"PurchaseId[]\",\"name\":\"parents\",\"type\":\"uint64[]\"}],\"name\":\"StreamListed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"unbondAt\",\"type\":\"uint40\"}],\"name\":\"StreamRetired\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"}],\"name\":\"TermsSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":false,\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"Unpaused\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Withdrawn\",\"type\":\"event\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"target\",\"type\":\"address\"}],\"name\":\"AddressEmptyCode\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"enumRoundState\",\"name\":\"expected\",\"type\":\"uint8\"},{\"internalType\":\"enumRoundState\",\"name\":\"actual\",\"type\":\"uint8\"}],\"name\":\"Challenges_BadState\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Challenges_NotArbiter\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"}],\"name\":\"Challenges_NothingToRedeem\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"from\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Challenges_TooEarly\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Challenges_TooLate\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"}],\"name\":\"Challenges_Twice\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"EnforcedPause\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"ExpectedPause\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"FailedCall\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"InvalidShortString\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"rule\",\"type\":\"uint256\"}],\"name\":\"Market_BadConfig\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Market_NotGuardian\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"Market_NothingToWithdraw\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Market_PulledLess\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Operators_NotAdmin\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"operator\",\"type\":\"uint64\"}],\"name\":\"Operators_Unknown\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"Operators_ZeroAddress\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"}],\"name\":\"OwnableInvalidOwner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"OwnableUnauthorizedAccount\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_AboveQuota\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_AboveRate\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"least\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_BadDuration\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"}],\"name\":\"Purchases_BadSignature\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"enumPurchaseState\",\"name\":\"expected\",\"type\":\"uint8\"},{\"internalType\":\"enumPurchaseState\",\"name\":\"actual\",\"type\":\"uint8\"}],\"name\":\"Purchases_BadState\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_ClaimExpired\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"}],\"name\":\"Purchases_NotAllowed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Purchases_NotBuyer\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"from\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_NotOver\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Purchases_NotSigner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_OfferChanged\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"end\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_Over\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"expected\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"actual\",\"type\":\"bytes32\"}],\"name\":\"Purchases_TermsChanged\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_TooDear\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"expected\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"actual\",\"type\":\"uint64\"}],\"name\":\"Purchases_WrongOperator\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"ReentrancyGuardReentrantCall\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"}],\"name\":\"SafeERC20FailedOperation\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_BadInterval\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_BadNonce\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"multipleOf\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_BadPrice\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"}],\"name\":\"Streams_BadSignature\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"enumStreamState\",\"name\":\"expected\",\"type\":\"uint8\"},{\"internalType\":\"enumStreamState\",\"name\":\"actual\",\"type\":\"uint8\"}],\"name\":\"Streams_BadState\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_ClaimExpired\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"Streams_DeviceListed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Streams_NotOperator\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Streams_NotOwner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"Streams_ParentNotRunning\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"}],\"name\":\"Streams_RoundOpen\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_StakeTooSmall\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_TooMany\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"from\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_Unbonding\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"string\",\"name\":\"str\",\"type\":\"string\"}],\"name\":\"StringTooLong\",\"type\":\"error\"}]",
	ID:  "DataMarket",
	Bin: "0x610320806040523461074e576101e0816162b680380380916100218285610752565b83398101031261074e57604051906101e082016001600160401b0381118382101761073a5761014b916101c09160405261005a81610775565b845261006860208201610775565b602085015261007960408201610775565b604085015261008a60608201610775565b606085015261009b60808201610775565b60808501526100ac60a08201610789565b60a08501526100bd60c08201610789565b60c08501526100ce60e08201610789565b60e08501526100e0610100820161079d565b6101008501526100f361012082016107ae565b61012085015261010661014082016107ae565b61014085015261011961016082016107ae565b61016085015261012c61018082016107ae565b61018085015261013f6101a082016107ae565b6101a08501520161079d565b6101c082015260405161015f604082610752565b600a81526911185d1853585c9ad95d60b21b602082015260405191610185604084610752565b60018352603160f81b6020808501919091528101516001600160a01b0316801561072757600180546001600160a01b03199081169091555f8054918216831781556001600160a01b03909116907f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e09080a380516001600160a01b03163b156107135760408101516001600160a01b03161580156106fe575b80156106e9575b6106d55761010081015160c08201516001600160601b031663ffffffff9190911681810291811591830414171561069a5760e082015160011b6002600160611b0316116106c15760a081015160e08201516001600160601b03919091169060011b6002600160611b0316116106ae5764ffffffffff6101a08201511664ffffffffff6101208301511664ffffffffff610140840151160164ffffffffff811161069a5764ffffffffff161161068657600263ffffffff61010083015116108015610673575b801561065f575b801561064b575b8015610637575b610623576101a064ffffffffff9160018060a01b0381511660805260018060a01b0360408201511660a05260018060a01b0360608201511660c05260018060a01b0360808201511660e05260018060601b0360a0820151166101005260018060601b0360c0820151166101205260018060601b0360e0820151166101405263ffffffff610100820151166101605263ffffffff6101c082015116610180528261012082015116825282610140820151166101c05282610160820151166101e052826101808201511661020052015116610220526103da816107c0565b6102e0526103e7826107c0565b610300526020815191012090816102a05260208151910120806102c05246610260526040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a0815261045a60c082610752565b519020610240523061028052604051615a8a908161082c823960805181818161038001528181610f8b01528181611e6d01528181614ae70152614cc2015260a051818181610a5801528181610b5701528181611eb10152614900015260c051818181611a2901528181611ee20152613023015260e05181818161084b0152611f13015261010051818181611f3b01526131340152610120518181816109d101528181610ae30152818161175f01528181611f6b01526139b401526101405181818161094401528181610b2d0152611f9b01526101605181818161172c0152611fcd01526101805181818161071d01528181610768015281816120ec015281816128ba015281816128ed01528181614bd301528181614c290152614c5c01526101a051818181611ffc01526151e101526101c0518181816117af015261202c01526101e05181818161205c01528181614e6701526159a30152610200518181816115b4015261208c0152610220518181816120bc0152818161476601526152a7015261024051816157e4015261026051816158a1015261028051816157ae01526102a0518161583301526102c0518161585901526102e05181611937015261030051816119600152f35b630d0c13f560e11b5f52600660045260245ffd5b5064ffffffffff61016082015116156102fe565b5064ffffffffff61014082015116156102f7565b5064ffffffffff61012082015116156102f0565b5063ffffffff6101c082015116156102e9565b630d0c13f560e11b5f52600560045260245ffd5b634e487b7160e01b5f52601160045260245ffd5b630d0c13f560e11b5f526004805260245ffd5b630d0c13f560e11b5f52600360045260245ffd5b630d0c13f560e11b5f52600260045260245ffd5b5060608101516001600160a01b031615610224565b5060808101516001600160a01b03161561021d565b630d0c13f560e11b5f52600160045260245ffd5b631e4fbdf760e01b5f525f60045260245ffd5b634e487b7160e01b5f52604160045260245ffd5b5f80fd5b601f909101601f19168101906001600160401b0382119082101761073a57604052565b51906001600160a01b038216820361074e57565b51906001600160601b038216820361074e57565b519063ffffffff8216820361074e57565b519064ffffffffff8216820361074e57565b601f8151116107eb5760208151910151602082106107dc571790565b5f198260200360031b1b161790565b604460209160405192839163305a27a960e01b83528160048401528051918291826024860152018484015e5f828201840152601f01601f19168101030190fdfe60806040526004361015610011575f80fd5b5f5f3560e01c8063044a5137146140475780630716fad714613fd25780630cae073b14613e44578063152b365b14613db35780631a4c079414613a6b57806322228560146138d65780632b85ed9c146138ad5780632ce7777f146137205780633712dd07146130a15780633f4ba83a1461301157806343cf2f0b14612f2d5780634c125e7914612e935780634f56524014612d7a5780635174141214612bc057806351cff8d914612b26578063550123e5146129cf578063554baa8b1461297757806356c0b118146124445780635c975abb146124225780635cb050f014612255578063715018a6146121f257806379502c5514611e4157806379ba509714611dbc5780637a0d634e14611d015780637b7861e514611b235780637c6f315814611afd5780637ee94be714611ab05780638456cb5914611a1757806384b0196e1461191f578063866ce3aa1461154657806389d0e119146115205780638da5cb5b146114f957806392be821d14611459578063ac18dcc8146113e7578063ac9650d814611284578063b3517e0c14611177578063bf0d0b5b1461112a578063bf84cbb2146110ba578063ccd1fc7c14611027578063cd5db99f14610f6f578063d47018f014610e87578063d5d44d8014610e4e578063e30c397814610e25578063e6ad47f214610c13578063ed943d8114610826578063f04275a814610441578063f2fde38b146103d4578063f49d0638146103af578063fc0c546a1461036a5763fd6fd93d14610240575f80fd5b34610367576040366003190112610367576102596140d2565b6001600160401b036102696141a9565b918360806040516102798161428d565b8281528260208201528260408201528260608201520152168252600d60205263ffffffff6040832091165f5260205260405f20604051906102b98261428d565b549164ffffffffff831682526020820164ffffffffff8460281c168152604083019063ffffffff8560501c16825260ff8560701c166060850193600782101561035357509263ffffffff60a0969364ffffffffff61034a946001600160601b039785528760808a019760781c168752816040519951168952511660208801525116604086015251606085019061422d565b51166080820152f35b634e487b7160e01b81526021600452602490fd5b80fd5b50346103675780600319360112610367576040517f00000000000000000000000000000000000000000000000000000000000000006001600160a01b03168152602090f35b5034610367576020366003190112610367576103d16103cc6140d2565b614641565b80f35b5034610367576020366003190112610367576103ee614150565b6103f661501e565b600180546001600160a01b0319166001600160a01b0392831690811790915582549091167f38d16b8cac22d99fc7c124b9cd0de2d3fa1faef420bfe791d8c362d765e227008380a380f35b50346103675760603660031901126103675761045b6140d2565b906104646141a9565b916001600160401b0360443591610479614ab0565b610481614b87565b61048a81614f82565b168083526009602052604083208054906001600160401b038260a01c1695868652600860205260408620966104be83614fad565b6104c78161497f565b6002880192835494600164ffffffffff871692019283549664ffffffffff8860501c169384810361080f575063ffffffff9060281c169a63ffffffff8860781c169b8c81036107f85750600381015466ffffffffffffff60c81b8960081b168066ffffffffffffff60c81b8316036107e35750505460e81c60ff1690816107b7575b5061079c575063ffffffff64ffffffffff8660281c16931661056b81856144bc565b938115801561075d575b61070b57505064ffffffffff83169864ffffffffff86168a0364ffffffffff81116106f7576105c363ffffffff6105b86105c9959464ffffffffff839516614ff6565b9860981c1688614627565b166144d8565b9564e8d4a5100087029680880464e8d4a5100014901517156106e3578087116106cc5750836040938361066c7fc9cca3c5f2eae79636e7d6c09999b307edcb15759c3cb27255ab942d20de7ff497856106496106929d9e9863ffffffff989064ffffffffff60281b82549160281b169064ffffffffff60281b1916179055565b805463ffffffff60981b191660989290921b63ffffffff60981b16919091179055565b64ffffffffff825460c81c1685116106a5575b50508351928352166020820152a2614cad565b805f516020615a6a5f395f51905f525d80f35b815464ffffffffff60c81b191660c89190911b64ffffffffff60c81b161790555f8061067f565b632a15e52560e01b88526004526024869052604487fd5b634e487b7160e01b88526011600452602488fd5b634e487b7160e01b8a52601160045260248afd5b6064916107488b9261074363ffffffff7f0000000000000000000000000000000000000000000000000000000000000000164261456f565b61457c565b61eed760e31b83526001600452602452604452fd5b5061078e63ffffffff7f0000000000000000000000000000000000000000000000000000000000000000164261456f565b64ffffffffff861611610575565b6309bff4e560e21b89526001600160a01b0316600452602488fd5b8a5250600b60209081526040808b206001600160a01b0384165f908152925281205460ff161590610549565b6322d8d51760e11b8d5260045260245260448bfd5b63036249e360e51b8c5260048d905260245260448bfd5b63036249e360e51b8c52600485905260245260448bfd5b5034610367576060366003190112610367576108406140d2565b6108486141e0565b907f00000000000000000000000000000000000000000000000000000000000000006001600160a01b031633819003610bfd57506001600160401b038116918284526008602052604084209260ff845460e01c166006811015610be95760048103610bcd5750808552600d602052604085209163ffffffff600486015460501c169263ffffffff84165f5260205260405f209283549264ffffffffff8460281c1680421015610bb757507f21da23e06c4d181619e4ac0e4d54b08d2d89bdb38361b6b0ce35ecc77f8d84316040805185151581526044356020820152a315610ac7575060028301916001600160601b03835460681c16936109697f00000000000000000000000000000000000000000000000000000000000000008661537f565b63ffffffff845460501c16908115610ab3578554600160681b600160c81b031916909555815460ff60e01b1916600560e01b17909155825460ff60701b1916600160721b1783556001600160601b0393841604929163ffffffff91610a2a90610a256109f5877f0000000000000000000000000000000000000000000000000000000000000000614607565b84546bffffffffffffffffffffffff60781b191660789190911b6bffffffffffffffffffffffff60781b16178455565b615939565b5460501c16911602906001600160601b038216918203610a9f576001600160601b0391610a569161537f565b7f00000000000000000000000000000000000000000000000000000000000000006001600160a01b0316835260046020526040832080549092610a9a92169061456f565b905580f35b634e487b7160e01b83526011600452602483fd5b634e487b7160e01b88526012600452602488fd5b610b94925063ffffffff610b089160501c166001600160601b037f0000000000000000000000000000000000000000000000000000000000000000166144d8565b815460ff60701b1916600560701b17909155610b2383614a63565b6001600160601b037f0000000000000000000000000000000000000000000000000000000000000000169060018060a01b037f0000000000000000000000000000000000000000000000000000000000000000168552600460205260408520610b8d83825461456f565b905561457c565b90546001600160a01b0316825260046020526040822080549091610a9a9161456f565b63045dd1b760e41b895260045242602452604488fd5b85610be760449263104cb7e960e11b83526004805261421f565bfd5b634e487b7160e01b86526021600452602486fd5b638ae8614b60e01b845260045233602452604483fd5b5034610367576020366003190112610367576001600160401b03610c356140d2565b610c3d6144eb565b50168152600860205260408120604051610c5681614271565b81546001600160a01b038116825260a081901c6001600160401b03166020830152604082019260e082901c60ff166006811015610be9578452606083019160ff8160e81c161515835260ff608085019160f01c161515815260018201549060a08501918252600283015493600460c087019464ffffffffff8716865264ffffffffff60e089019763ffffffff8160281c16895263ffffffff8160481c166101008b01526001600160601b038160681c166101208b015260c81c16610140890152600381015461016089015201549764ffffffffff891661018088015264ffffffffff8960281c166101a088015263ffffffff6101c088019960501c1689526040519760018060a01b0388511689526001600160401b0360208901511660208a01525190600682101561035357509464ffffffffff80956101a09563ffffffff99958a956101e09d9a60408e015251151560608d015251151560808c01525160a08b0152511660c0890152511660e087015284610100820151166101008701526001600160601b0361012082015116610120870152826101408201511661014087015261016081015161016087015282610180820151166101808701520151166101a084015251166101c0820152f35b50346103675780600319360112610367576001546040516001600160a01b039091168152602090f35b5034610367576020366003190112610367576020906040906001600160a01b03610e76614150565b168152600483522054604051908152f35b503461036757604036600319011261036757610ea16140d2565b6024356001600160601b03811690818103610f6b577f5e587bd893a8effe88e2d90b85d687814124dfb2d04f4ef5d60d9842751ad6b260406001600160601b036001600160401b0361069296610ef5614ab0565b610efe8161493e565b610f078161497f565b16938488526008602052610f55610f2a6002858b20019284845460681c16614607565b8254600160681b600160c81b03191660689190911b6bffffffffffffffffffffffff60681b16178255565b5460681c168151908582526020820152a2614cad565b8380fd5b50346110235760a0366003190112611023576001600160a01b037f00000000000000000000000000000000000000000000000000000000000000001660443560ff8116908181036110235750813b15611023575f9160e48392604051948593849263d505accf60e01b845233600485015230602485015260043560448501526024356064850152608484015260643560a484015260843560c48401525af1611015575080f35b61102191505f906142a8565b005b5f80fd5b34611023576040366003190112611023576110406140d2565b7ff3fd071606bd9204247da46cd550810834a1b06a78afa3c32fc516fdb4136a9160206001600160401b036110736141e0565b9361107d8161493e565b6110868161497f565b165f81815260088352604090819020805460ff60e81b191695151560e881901b60ff60e81b169690961790555193845292a2005b34611023576060366003190112611023576110d36140d2565b6110db6141a9565b6001600160401b036110eb614166565b92165f52600e60205263ffffffff60405f2091165f5260205260405f209060018060a01b03165f52602052602060ff60405f2054166040519015158152f35b34611023576040366003190112611023576001600160401b0361114b6140d2565b165f52600a60205260405f206024355f52602052602063ffffffff60405f205460401c16604051908152f35b34611023576060366003190112611023576111906140d2565b6024356001600160401b038111611023576111af9036906004016141ef565b9091906044358015159190829003611023576111ca8361493e565b6040811161126d57916001600160401b031660ff82165f5b8481106111eb57005b600190835f52600b60205260405f2061120d61120883898b6145e3565b6145f3565b838060a01b03165f5260205260405f208360ff19825416179055818060a01b0361123b61120883898b6145e3565b16847f26cbdc24beaa53af679538876cb6126dcc55599c3053917d145e392e255acf9b6020604051898152a3016111e2565b63f271b1c360e01b5f52604060045260245260445ffd5b34611023576020366003190112611023576004356001600160401b038111611023576112b49036906004016141ef565b6020916040516112c484826142a8565b5f815283810190601f1985013683376112dc84614558565b926112ea60405194856142a8565b848452601f196112f986614558565b01865f5b8281106113d8575050505f5b8581101561137b5760019061135f6113596113298360051b860186614589565b91908b89846040519586948486013783018281015f81528b519283915e01015f815203601f1981018352826142a8565b306152f3565b61136982886145bb565b5261137481876145bb565b5001611309565b604080518881528651818a018190525f92600582901b8301810191898c01918c9085015b8287106113ac5785850386f35b9091929382806113c8600193603f198a820301865288516141bc565b960192019601959291909261139f565b606087820183015281016112fd565b34611023576020366003190112611023576114006140d2565b6114098161493e565b6114128161497f565b7f027baf06358d637fba9726dd8a776cce7788996d18c66098855bd438e6d2d5c360206001600160401b0361144684615267565b9364ffffffffff604051951685521692a2005b34611023576040366003190112611023576114726140d2565b61147a61413a565b611483826149ae565b6001600160a01b03169081156114ea5760206001600160401b037f0ea2420a5e45ed24cce4d0c47ac56a21c36960b1a6afa4c805f78ce75f77a718921692835f5260028252600260405f2001816001600160601b0360a01b825416179055604051908152a2005b6316ab10a960e01b5f5260045ffd5b34611023575f366003190112611023575f546040516001600160a01b039091168152602090f35b34611023575f3660031901126110235760206001600160401b03600c5416604051908152f35b34611023576040366003190112611023576001600160401b036115676140d2565b61156f614ab0565b165f8181526009602052604090208054906001600160a01b038216338114801590611904575b6118ee575064ffffffffff60016115da92015460281c1664ffffffffff7f0000000000000000000000000000000000000000000000000000000000000000169061456f565b8042116118d857506001600160401b039060a01c16805f52600860205260405f2060ff815460e01c166006811015611886576001811415806118cd575b6118b0575061162681836150e8565b92825f52600e60205260405f2090600483019163ffffffff835460501c169063ffffffff82165f5260205260405f2060018060a01b0333165f5260205260ff60405f20541661189a575f858152600e6020908152604080832063ffffffff948516845282528083203384529091529020805460ff1916600117905585546116d4916116b49160501c16614496565b865463ffffffff60501b191660509190911b63ffffffff60501b16178655565b63ffffffff825460501c169063ffffffff865460501c1691857f11af5d84ac0f4bb2a234e65c36fdfb1c26b30057a48495a965894783bec40a2760606040513381526024356020820152866040820152a463ffffffff7f00000000000000000000000000000000000000000000000000000000000000001614611796575b6117846001600160601b037f000000000000000000000000000000000000000000000000000000000000000016614cad565b5f5f516020615a6a5f395f51905f525d005b835460ff60701b1916600360701b1784556117fd6117db7f00000000000000000000000000000000000000000000000000000000000000004264ffffffffff166144bc565b855464ffffffffff60281b191660289190911b64ffffffffff60281b16178555565b60ff825460e01c1691600683101561188657805462ff00ff60e01b1916600190931460f01b60ff60f01b1692909217600160e21b1790915554915460405160289190911c64ffffffffff16815260509290921c63ffffffff16917f9fd38c09c903d9b460d0e9f0669db8044bd567e26839fd0f78b6b7b58ad83fdb90602090a380808080611752565b634e487b7160e01b5f52602160045260245ffd5b63c9dc5cf560e01b5f526004523360245260445ffd5b63104cb7e960e11b5f5260016004526118c89061421f565b60445ffd5b506002811415611617565b63045dd1b760e41b5f526004524260245260445ffd5b633cd83a7b60e21b5f526004523360245260445ffd5b5060ff600183015460b81c1660038110156118865715611595565b34611023575f366003190112611023576119bb61195b7f00000000000000000000000000000000000000000000000000000000000000006158fb565b6119847f00000000000000000000000000000000000000000000000000000000000000006158fb565b60206119c96040519261199783856142a8565b5f84525f368137604051958695600f60f81b875260e08588015260e08701906141bc565b9085820360408701526141bc565b4660608501523060808501525f60a085015283810360c08501528180845192838152019301915f5b828110611a0057505050500390f35b8351855286955093810193928101926001016119f1565b34611023575f366003190112611023577f00000000000000000000000000000000000000000000000000000000000000006001600160a01b031633819003611a9a57611a61614b87565b600160ff1960075416176007557f62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a2586020604051338152a1005b6323598ac960e01b5f526004523360245260445ffd5b34611023576040366003190112611023576001600160401b03611ad16140d2565b165f52600a60205260405f206024355f5260205260206001600160401b0360405f205416604051908152f35b34611023575f3660031901126110235760206001600160401b0360035416604051908152f35b346110235760a036600319011261102357611b3c6140d2565b6024356001600160401b03811161102357611b5b9036906004016140fc565b604435916064359364ffffffffff8516809503611023576084356001600160401b03811161102357611b9190369060040161417c565b864211611cea576001600160401b038316805f52600260205260018060a01b03600160405f200154169760405160208101908860408201602084525260608101885f5b8b8110611c9657505090611bf781611c539695949303601f1981018352826142a8565b519020906040519160208301937f4a62dfc7e30992c7f0c8239f5edc4044eb4f4922140b884ec7a04acea1ce046285526040840152606083015289608083015260a082015260a08152611c4b60c0826142a8565b519020615031565b918715928315611c82575b505050611c6f57611021945061481c565b8463666bc19560e01b5f5260045260245ffd5b611c8d935088615057565b15868080611c5e565b90916001600160401b03611ca9846140e8565b168152602083013563ffffffff8116809103611023576020820152604083013590811515809203611023576060816001936040839401520193019101611bd4565b866370d2e5d760e01b5f526004524260245260445ffd5b3461102357604036600319011261102357611d1a6140d2565b6001600160401b03611d2a6141e0565b91611d3361501e565b165f818152600260205260409020549091906001600160a01b031615611da9575f82815260026020818152604090922001805460ff60a01b191683151560a01b60ff60a01b161790557f48ca0e59911643b697417e2addf2805c9544dbef9e0815f20a500f4e44092fb2916040519015158152a2005b506372c46b8360e11b5f5260045260245ffd5b34611023575f36600319011261102357600154336001600160a01b0390911603611e2e57600180546001600160a01b03199081169091555f805433928116831782556001600160a01b0316907f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e09080a3005b63118cdaa760e01b5f523360045260245ffd5b34611023575f36600319011261102357611e596144eb565b505f546040516001600160a01b03918216917f00000000000000000000000000000000000000000000000000000000000000001690611e9781614271565b818152602081019283526040810191600160a01b600190037f000000000000000000000000000000000000000000000000000000000000000016835260608201600160a01b600190037f000000000000000000000000000000000000000000000000000000000000000016815260808301600160a01b600190037f000000000000000000000000000000000000000000000000000000000000000016815260a084017f00000000000000000000000000000000000000000000000000000000000000006001600160601b0316815260c085017f00000000000000000000000000000000000000000000000000000000000000006001600160601b0316815260e086017f00000000000000000000000000000000000000000000000000000000000000006001600160601b031681526101008701917f000000000000000000000000000000000000000000000000000000000000000063ffffffff1683526101208801937f000000000000000000000000000000000000000000000000000000000000000064ffffffffff1685526101408901957f000000000000000000000000000000000000000000000000000000000000000064ffffffffff1687526101608a01977f000000000000000000000000000000000000000000000000000000000000000064ffffffffff1689526101808b01997f000000000000000000000000000000000000000000000000000000000000000064ffffffffff168b526101a08c019b7f000000000000000000000000000000000000000000000000000000000000000064ffffffffff168d526101c0019c8d7f000000000000000000000000000000000000000000000000000000000000000063ffffffff1690526040519e8f928352600160a01b600190039051166020830152600160a01b600190039051169060400152600160a01b6001900390511660608d0152600160a01b6001900390511660808c0152516001600160601b031660a08b0152516001600160601b031660c08a0152516001600160601b031660e08901525163ffffffff166101008801525164ffffffffff166101208701525164ffffffffff166101408601525164ffffffffff166101608501525164ffffffffff166101808401525164ffffffffff166101a08301525163ffffffff166101c08201526101e090f35b34611023575f3660031901126110235761220a61501e565b600180546001600160a01b03199081169091555f80549182168155906001600160a01b03167f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e08280a3005b34611023576020366003190112611023576001600160401b036122766140d2565b606060c060405161228681614256565b5f81525f60208201525f60408201525f838201525f60808201525f60a08201520152165f52600260205260405f206040516122c081614256565b81546001600160a01b03908116825260018301548116602083019081526002840154918216604080850191825260a093841c60ff1615156060860190815260038701546080870190815260048801549587019586529151600590970180545f98959796949161232e8261433c565b80885291600181169081156123fb57506001146123c1575b5050612359856123bd97989903866142a8565b60c087019485526040519788976020895260018060a01b03905116602089015260018060a01b03905116604088015260018060a01b03905116606087015251151560808601525160a08501525160c08401525160e0808401526101008301906141bc565b0390f35b9098505f5260205f205f905b8982106123e557508501602001975061235985612346565b6001816020925483858b010152019101906123cd565b60ff19166020808a019190915292151560051b880190920199506123599150869050612346565b34611023575f36600319011261102357602060ff600754166040519015158152f35b346110235760c03660031901126110235761245d6140d2565b6124656141a9565b906084356001600160a01b038116916064359160443591848203611023576001600160401b0390612494614ab0565b61249c614b87565b6124a58161497f565b1690815f52600860205260405f2094155f14612971575033945b60ff855460e81c1680612948575b61292a5763ffffffff169485158015612914575b80156128e5575b61289957600385015480850361288257506125016142c9565b9060018060a01b031681526020810191825264ffffffffff421691600261252f8860608501958087526144bc565b9664ffffffffff60808501981688520190815460a084019764ffffffffff8216895261256b63ffffffff8360281c1660c087019b818d52614ff6565b9363ffffffff60e08701951685526101008601926001845261012087019966ffffffffffffff60c81b168a526125b163ffffffff87511664ffffffffff8d5116906144d8565b9864e8d4a510008a0299808b0464e8d4a51000149015171561286e57808a11612857575064ffffffffff808451169160c81c168111612830575b5050600c54986126066001600160401b038b60401c1661431f565b6fffffffffffffffff0000000000000000604082811b919091166fffffffffffffffff0000000000000000199c909c169b909b17600c556001600160401b03165f81815260096020529a909a2086518154865167ffffffffffffffff60a01b60a09190911b166001600160a01b039092166001600160e01b031990911617178155600190604088015181546001600160e01b031660e09190911b6001600160e01b031916178155885191018054845164ffffffffff60281b60289190911b1664ffffffffff90931669ffffffffffffffffffff199091161791909117815592815184548d5188516cffffffffffffffffffffffffff60501b1990921660509390931b64ffffffffff60501b169290921760789290921b63ffffffff60781b169190911760989190911b63ffffffff60981b16178455519460038610156118865760209b63ffffffff8064ffffffffff808f9a6128189f7fd21a27afaeab24bb9c84fbc04746df389257bd314afb94862a9aa9fc4675da669b60c09b6001600160401b0392859482549060ff60b81b9060b81b169060ff60b81b19161782555181549066ffffffffffffff8f1b908f66ffffffffffffff901b9060081c16169066ffffffffffffff8f1b191617905551169c60018060a01b039051169d5116975116955116925116925116926040519485528d85015260408401526060830152608082015260a43560a0820152a4614cad565b5f5f516020615a6a5f395f51905f525d604051908152f35b815464ffffffffff60c81b191660c89190911b64ffffffffff60c81b161790558a806125eb565b8990632a15e52560e01b5f5260045260245260445ffd5b634e487b7160e01b5f52601160045260245ffd5b84906322d8d51760e11b5f5260045260245260445ffd5b8563ffffffff600287015460481c1661eed760e31b5f5260045263ffffffff7f00000000000000000000000000000000000000000000000000000000000000001660245260445260645ffd5b5063ffffffff7f00000000000000000000000000000000000000000000000000000000000000001686116124e8565b5063ffffffff600286015460481c1686106124e1565b6309bff4e560e21b5f9081526001600160a01b038716600452602490fd5b50815f52600b60205260405f2060018060a01b0387165f5260205260ff60405f205416156124cd565b946124bf565b34611023576040366003190112611023576129906140d2565b6001600160401b036129a061413a565b91165f52600b60205260405f209060018060a01b03165f52602052602060ff60405f2054166040519015158152f35b34611023576060366003190112611023576129e86140d2565b6129f06141a9565b906001600160401b03612a01614166565b91612a0a614ab0565b1690815f52600d60205260405f2063ffffffff84165f5260205260405f2092825f52600e60205260405f2063ffffffff82165f5260205260405f2060018060a01b0383165f5260205260ff60405f205416158015612b11575b612af0576001600160601b0361178494845f52600e60205260405f2063ffffffff84165f5260205260405f2060018060a01b0385165f5260205260405f2060ff1981541690555460781c1692604051908482527f5d8bcab44791db3fb5082d7afeedaf32d20250eaca2de724819e7074efb1ffb5602063ffffffff60018060a01b038716951693a4614ae5565b5063cb9a57fd60e01b5f9081526001600160a01b0391909116600452602490fd5b506001600160601b03845460781c1615612a63565b3461102357602036600319011261102357612b3f614150565b612b47614ab0565b6001600160a01b0381165f8181526004602052604090205490918115612bad5782611784935f5260046020525f60408120557fd1c19fbcd4551a5edfb66d43d2e337c04837afda3482b42bdf569a8fccdae5fb60408051838152856020820152a2614ae5565b826334fcffb960e11b5f5260045260245ffd5b3461102357608036600319011261102357612bd96140d2565b6024356044356001600160401b03811161102357612bfb90369060040161417c565b90916001600160401b0360643594612c12816149ae565b1692835f52600260205260405f20826003820155600581016001600160401b038511612d6657612c4c85612c46835461433c565b83614374565b5f601f8611600114612cd857966004612cc293829593612ca489807f21c6feee835b9d079eceb920cbed94f5e5ea382e4c9fb6326385a9298dfa9a169c9d5f91612ccd575b508160011b915f199060031b1c19161790565b90555b015560405194859485526060602086015260608501916143d2565b9060408301520390a2005b90508701358e612c91565b601f19861690825f5260205f20915f5b818110612d4e5750938995937f21c6feee835b9d079eceb920cbed94f5e5ea382e4c9fb6326385a9298dfa9a16999a936004938a612cc29810612d35575b5050600189811b019055612ca7565b8601355f1960038c901b60f8161c191690558b80612d26565b9192602060018192868a013581550194019201612ce8565b634e487b7160e01b5f52604160045260245ffd5b3461102357608036600319011261102357612d936140d2565b6024359064ffffffffff821691828103611023576044359263ffffffff841692838503611023576064359363ffffffff85169182860361102357856001600160401b0382612e1a7f81a80e2bf33e13bedb31a2c6be999040e8dea1aac2fac5ed6d22e73f927ab22d998b60609a612e0c612e809861493e565b612e158561497f565b614ba2565b165f818152600860205260409020600201805463ffffffff60481b60489490941b9390931660289a909a1b68ffffffff0000000000166cffffffffffffffffffffffffff199093166cffffffffffffffff00000000001988161792909217989098179055565b60405192835260208301526040820152a2005b34611023576020366003190112611023576001600160401b03612eb46140d2565b612ebd81614f82565b16805f5260096020527f03e67108457873cdbcf951629e250935e35c9e38796ea327e9cccd67cca6029e602064ffffffffff600160405f20612efe81614fad565b01805464ffffffffff60281b191642831660281b64ffffffffff60281b161781555460281c16604051908152a2005b3461102357602036600319011261102357612f466140d2565b6001600160401b0381165f52600960205260405f20600181015460ff8160b81c1660038110156118865760018103612ff957506001600160401b03825460a01c165f52600860205260405f209060ff825460e01c16600681101561188657600481146118b05760041901612fbf575b6110218385614e98565b9064ffffffffff612fd39260281c16614e39565b91824210612fe2579180612fb5565b8263fbbba1b760e01b5f526004524260245260445ffd5b633ce015a360e01b5f5260016004526118c89061412c565b34611023575f366003190112611023577f00000000000000000000000000000000000000000000000000000000000000006001600160a01b031633819003611a9a5760075460ff8116156130925760ff19166007557f5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa6020604051338152a1005b638dfc202b60e01b5f5260045ffd5b34611023576020366003190112611023576004356001600160401b0381116110235780600401906101806003198236030112611023576130df614ab0565b6130e7614b87565b60448101916130f583614416565b926064830161311b61310682614428565b95608486019661311588614428565b91614ba2565b60c48401926001600160601b0361313185614439565b817f00000000000000000000000000000000000000000000000000000000000000001691829116106136f7575061016485019461316e868361444d565b600881116136e0575f5b81811061362b575050506001600160401b0361319383614482565b165f52600a60205260405f20602482013590815f5260205260405f20968754976001600160401b03891680613619575063ffffffff610104850199816131d88c614428565b9160401c1691829116036135f3575061012484019064ffffffffff6131fc83614416565b1642116135cd576001600160401b0361321487614482565b165f908152600260205260409020600101546001600160a01b03166132d261323b88614482565b8c64ffffffffff60e48a019663ffffffff61326761326161325b8b6144ae565b95614428565b92614416565b9160ff604051956001600160401b0360208801987fb0da75b09b7847b7f6d104489dfc4faf11a6a150a453ce31959b5add39c42f518a521660408801523360608801528d60808801521660a08601521660c08401521660e082015260e08152611c4b610100826142a8565b81159081156135ac575b5061359a5750600c54996132f86001600160401b038c1661431f565b6001600160401b0316809b6001600160401b03191617600c558a6001600160401b031983541617825561332a90614428565b61333390614496565b81546bffffffff000000000000000019166bffffffff0000000000000000604092831b16179091555f8a815260086020522080546001600160a01b031916331781559361337f86614482565b855467ffffffffffffffff60a01b191660a09190911b67ffffffffffffffff60a01b16178555845460ff60e01b1916600160e01b178555600185018490556133c688614416565b600286019064ffffffffff1664ffffffffff198254161781556133e888614428565b815468ffffffff0000000000191660289190911b68ffffffff0000000000161781556134138c614428565b81546cffffffff000000000000000000191660489190911b63ffffffff60481b161781556134408a614439565b8154600160681b600160c81b03191660689190911b6bffffffffffffffffffffffff60681b1617905560a4013560038195015561347c85614482565b9661348690614416565b9561349090614428565b9961349a90614428565b946134a489614439565b916134ae906144ae565b926134b89161444d565b958695919b604051986101008a01968a5264ffffffffff1660208a015263ffffffff16604089015263ffffffff16606088015260808701526001600160601b031660a086015260ff1660c085015260e08401610100905252610120820195905f5b818110613572576020876128186001600160601b0361356c8a8a8e867f755b98565487a0d009f4fe911614b748320878cf2f9107e7b5a28f2cada055328d806001600160401b03339616940390a4614439565b16614cad565b9091966020806001926001600160401b0361358c8c6140e8565b168152019801929101613519565b63ab6d601760e01b5f5260045260245ffd5b6135c691506135bf61014489018a614589565b9184615057565b158d6132dc565b64ffffffffff6135dc83614416565b631bcf642360e11b5f52166004524260245260445ffd5b63ffffffff906136028b614428565b90636fdefe4b60e11b5f526004521660245260445ffd5b63058c88b760e01b5f5260045260245ffd5b6001600160401b036136466136418385876145e3565b614482565b165f90815260096020526040902080546001600160a01b03163314801591906136c0575b81156136a7575b5061367e57600101613178565b61364190613694926001600160401b03946145e3565b16632ad6005560e11b5f5260045260245ffd5b64ffffffffff91506001015460281c164210158b613671565b905060ff600182015460b81c16600381101561188657600114159061366a565b63f271b1c360e01b5f52600860045260245260445ffd5b6001600160601b039061370986614439565b90633cdee29d60e21b5f526004521660245260445ffd5b34611023576020366003190112611023576001600160401b036137416140d2565b613749614ab0565b6137528161493e565b16805f52600860205260405f2060ff815460e01c1660068110156118865760028103613895575060048101549164ffffffffff831680421061387f5750805f52600d60205260405f20815f52600860205263ffffffff80600460405f20015460501c16165f5260205260405f205460ff8160701c16600781101561188657600114908161386b575b5061384f57600282018054600160681b600160c81b03198116909155825460ff60e01b1916600360e01b1790925560405160689290921c6001600160601b03168083526117849350917f6e8aadb402fba2c3663aa8021a13af33c54d1d7b6eefe952ceb0e10c36e5ae5990602090a233614ae5565b63ffffffff83634caced5b60e11b5f5260501c1660045260245ffd5b64ffffffffff915060281c164210846137da565b635851d25d60e01b5f526004524260245260445ffd5b63104cb7e960e11b5f5260026004526118c89061421f565b34611023575f3660031901126110235760206001600160401b03600c5460401c16604051908152f35b34611023576020366003190112611023576138ef6140d2565b6001600160401b038116805f52600860205260405f20815f52600d60205260405f2090600481019163ffffffff835460501c169063ffffffff82165f5260205260405f2094855460ff8160701c169060078210908115918261188657600184141580613a5d575b613a3f575064ffffffffff9060281c16804210613a29575061188657600303613a1a5750506139ec9161398d63ffffffff92614a63565b5460501c169261399e6006826149ef565b80546bffffffffffffffffffffffff60781b19167f000000000000000000000000000000000000000000000000000000000000000060781b6bffffffffffffffffffffffff60781b16179055565b60405160208160067fd71068d8c72769319a66de145f29668d301b452754585f5281665f32279c16019352a3005b91509150611021939250614a13565b63b753322560e01b5f526004524260245260445ffd5b631617d9e160e31b5f5260016004528390156118865760245260445ffd5b505f92506003841415613956565b346110235760a036600319011261102357613a84614150565b613a8c61413a565b604435916064356001600160401b03811161102357613aaf90369060040161417c565b926084359290916001600160a01b039091169081158015613da2575b6114ea57600354946001600160401b03613ae681881661431f565b1680966001600160401b0319161760035560405196613b0488614256565b3388526020880197848952604081019560018060a01b03169586815260608201905f8252608083019084825260a08401928a84526001600160401b038711612d66576040519c878e613b606020601f8401601f191601826142a8565b5236888a011161102357878e818b6020830137016020015f905260c086019d8e528c5f52600260205260405f2095600160a01b6001900390600160a01b60019003905116166001600160601b0360a01b875416178655600160a01b600190039051166001860190600160a01b60019003166001600160601b0360a01b8254161790556002850191600160a01b6001900390600160a01b60019003905116166001600160601b0360a01b835416178255511515613c33919081549060ff60a01b90151560a01b169060ff60a01b1916179055565b5160038301555160048201556005019751948551986001600160401b038a11612d6657898997613c6f60209c613c69855461433c565b85614374565b8b90601f8311600114613d0a5782613ceb9795937f26b74977ab6aa5b5d57164f95d73406b4e79e7ac855b3ed9f5a5bc29355b6fe59a99979593613cc8935f92613cff575b50508160011b915f199060031b1c19161790565b90555b6040519586528a860152604085015260a0606085015260a08401916143d2565b9360808201528033940390a3604051908152f35b015190508f80613cb4565b601f9998979695949392919919821690835f528a5f20915f5b818110613d885750917f26b74977ab6aa5b5d57164f95d73406b4e79e7ac855b3ed9f5a5bc29355b6fe59a9b8492613ceb9a999897969560019510613d70575b505050811b019055613ccb565b01515f1960f88460031b161c191690558e8080613d63565b828d015184559b8f019b8e9b506001909301928f01613d23565b506001600160a01b03831615613acb565b3461102357604036600319011261102357613dcc6140d2565b613dd461413a565b613ddd826149ae565b6001600160a01b03169081156114ea5760206001600160401b037f680432498907cfeddd6aeb570a729b97e3ea2dca9e7724434ef5a7b95e383762921692835f5260028252600160405f2001816001600160601b0360a01b825416179055604051908152a2005b3461102357602036600319011261102357613e5d6140d2565b613e656142c9565b506001600160401b03165f52600960205260405f20604051613e868161423a565b815491600160a01b600190038316825260208201908360a01c6001600160401b03168252604083019360e01c845260010154926060830164ffffffffff85168152608084018560281c64ffffffffff16815260a08501908660501c64ffffffffff16825260c08601928760781c63ffffffff16845260e08701948860981c63ffffffff1686526101008801968960b81c60ff16613f239089614313565b61012089019966ffffffffffffff60c81b9060081b168a5260405198600160a01b600190039051168952516001600160401b031660208901525163ffffffff1660408801525164ffffffffff1660608701525164ffffffffff1660808601525164ffffffffff1660a08501525163ffffffff1660c08401525163ffffffff1660e083015251916003831015611886576101409261010083015266ffffffffffffff60c81b905116610120820152f35b3461102357604036600319011261102357613feb6140d2565b7feca6acb9f5bf4b4e6fc9689d5a6b2a64dcf5f2950e266aa081fc1e3a74566c9360206001600160401b03602435936140238161493e565b61402c8161497f565b1692835f526008825280600360405f200155604051908152a2005b34611023576060366003190112611023576140606140d2565b6024356001600160401b0381116110235761407f9036906004016140fc565b6001600160401b0383165f908152600260205260409020600101546001600160a01b03169291338490036140bb5761102193506044359261481c565b836313ceac1f60e01b5f526004523360245260445ffd5b600435906001600160401b038216820361102357565b35906001600160401b038216820361102357565b9181601f84011215611023578235916001600160401b038311611023576020808501946060850201011161102357565b600381101561188657602452565b602435906001600160a01b038216820361102357565b600435906001600160a01b038216820361102357565b604435906001600160a01b038216820361102357565b9181601f84011215611023578235916001600160401b038311611023576020838186019501011161102357565b6024359063ffffffff8216820361102357565b805180835260209291819084018484015e5f828201840152601f01601f1916010190565b60243590811515820361102357565b9181601f84011215611023578235916001600160401b038311611023576020808501948460051b01011161102357565b600681101561188657602452565b9060078210156118865752565b61014081019081106001600160401b03821117612d6657604052565b60e081019081106001600160401b03821117612d6657604052565b6101e081019081106001600160401b03821117612d6657604052565b60a081019081106001600160401b03821117612d6657604052565b90601f801991011681019081106001600160401b03821117612d6657604052565b604051906142d68261423a565b5f610120838281528260208201528260408201528260608201528260808201528260a08201528260c08201528260e0820152826101008201520152565b60038210156118865752565b6001600160401b03166001600160401b03811461286e5760010190565b90600182811c9216801561436a575b602083101461435657565b634e487b7160e01b5f52602260045260245ffd5b91607f169161434b565b919091601f8311614385575b505050565b81831161439157505050565b5f5260205f206020601f830160051c92106143ca575b81601f9101920160051c03905f5b82811015614380575f828201556001016143b5565b5f91506143a7565b908060209392818452848401375f828201840152601f01601f1916010190565b90600681101561188657815460ff60e01b191660e09190911b60ff60e01b16179055565b3564ffffffffff811681036110235790565b3563ffffffff811681036110235790565b356001600160601b03811681036110235790565b903590601e198136030182121561102357018035906001600160401b03821161102357602001918160051b3603831361102357565b356001600160401b03811681036110235790565b63ffffffff60019116019063ffffffff821161286e57565b3560ff811681036110235790565b9064ffffffffff8091169116019064ffffffffff821161286e57565b8181029291811591840414171561286e57565b604051906144f882614271565b5f6101c0838281528260208201528260408201528260608201528260808201528260a08201528260c08201528260e08201528261010082015282610120820152826101408201528261016082015282610180820152826101a08201520152565b6001600160401b038111612d665760051b60200190565b9190820180921161286e57565b9190820391821161286e57565b903590601e198136030182121561102357018035906001600160401b0382116110235760200191813603831361102357565b80518210156145cf5760209160051b010190565b634e487b7160e01b5f52603260045260245ffd5b91908110156145cf5760051b0190565b356001600160a01b03811681036110235790565b906001600160601b03809116911601906001600160601b03821161286e57565b9063ffffffff8091169116039063ffffffff821161286e57565b6001600160401b03811690815f52600860205260405f2080546001600160401b038160a01c16805f52600260205260018060a01b0360405f205416908133141590816147dc575b506147c6575060ff8160e01c16600681101561188657600414806147b9575b61470157505460e01c60ff16600681101561188657600181036118b0575060206146f17fd422274fb5e1d7692202fb75fdb02a0d36d33e0be94aae51960230eef6741bea92615267565b64ffffffffff60405191168152a2565b916020917fd422274fb5e1d7692202fb75fdb02a0d36d33e0be94aae51960230eef6741bea9360ff60f01b19169055835f52600882526146f160405f2091600461478b64ffffffffff421664ffffffffff600287015460c81c168181116147b1575b507f0000000000000000000000000000000000000000000000000000000000000000906144bc565b9361479682826143f2565b01805464ffffffffff191664ffffffffff8516179055615939565b90505f614763565b5060ff8160f01c166146a7565b630b61205b60e11b5f526004523360245260445ffd5b90505f52600260205260018060a01b03600160405f200154163314155f614688565b8115614808570490565b634e487b7160e01b5f52601260045260245ffd5b91929360405194606086018681106001600160401b03821117612d66576040525f86525f6020870152604086015f81525f5b8681101561486f57600190614869896060830288018961539f565b0161484e565b507ee2d0b0d2232dd55395e1eed15b4f42a2758bf5b714d71a129d3b1f0ded192394919550602093506148aa6001600160401b03939761575d565b805190816148c0575b50506040519485521692a2565b600a918484165f526002865260018060a01b03600260405f200154165f52600486526148f38360405f209204825461456f565b9055510460018060a01b037f0000000000000000000000000000000000000000000000000000000000000000165f526004845261493560405f2091825461456f565b90555f806148b3565b6001600160401b03165f908152600860205260409020546001600160a01b0316338190036149695750565b63261ec2bd60e11b5f526004523360245260445ffd5b6001600160401b03165f52600860205260ff60405f205460e01c16600681101561188657600181036118b05750565b6001600160401b03165f908152600260205260409020546001600160a01b0316338190036149d95750565b63228c598d60e21b5f526004523360245260445ffd5b90600781101561188657815460ff60701b191660709190911b60ff60701b16179055565b91614a239061399e6002826149ef565b6040519060206001600160401b0363ffffffff7fd71068d8c72769319a66de145f29668d301b452754585f5281665f32279c1601936002865216941692a3565b614aa49060ff815460f01c165f14614aa657614a8160015b826143f2565b600401805464ffffffffff60281b19164260281b64ffffffffff60281b16179055565b565b614a816002614a7b565b5f516020615a6a5f395f51905f525c614ad65760015f516020615a6a5f395f51905f525d565b633ee5aeb560e01b5f5260045ffd5b7f0000000000000000000000000000000000000000000000000000000000000000916040519163a9059cbb60e01b5f5260018060a01b031660045260245260205f60448180865af19060015f5114821615614b66575b60405215614b465750565b635274afe760e01b5f9081526001600160a01b0391909116600452602490fd5b906001811516614b7e57823b15153d15161690614b3b565b503d5f823e3d90fd5b60ff60075416614b9357565b63d93c066560e01b5f5260045ffd5b64ffffffffff1680158015614c9a575b614c83575063ffffffff1680158015614c54575b614c18575063ffffffff807f000000000000000000000000000000000000000000000000000000000000000016911690808211614c01575050565b61eed760e31b5f525f60045260245260445260645ffd5b63d0caab6d60e01b5f5263ffffffff7f00000000000000000000000000000000000000000000000000000000000000001660045260245260445ffd5b5063ffffffff7f0000000000000000000000000000000000000000000000000000000000000000168111614bc6565b630ea6a36b60e01b5f52600a60045260245260445ffd5b5064ffffffffff600a8206161515614bb2565b6040516370a0823160e01b81523060048201527f0000000000000000000000000000000000000000000000000000000000000000906001600160a01b038216602082602481845afa918215614dc9575f92614e05575b50604051926323b872dd60e01b5f5233600452306024528460445260205f60648180855af19060015f5114821615614de6575b50836040525f60605215614dd457826024816020936370a0823160e01b82523060048301525afa8015614dc9575f90614d95575b614d74925061457c565b90808203614d80575050565b634131ccbb60e11b5f5260045260245260445ffd5b506020823d602011614dc1575b81614daf602093836142a8565b8101031261102357614d749151614d6a565b3d9150614da2565b6040513d5f823e3d90fd5b635274afe760e01b5f5260045260245ffd5b6001821516614dfc573b15153d1516165f614d36565b843d5f823e3d90fd5b9091506020813d602011614e31575b81614e21602093836142a8565b810103126110235751905f614d03565b3d9150614e14565b64ffffffffff6004614e8e93015460281c169064ffffffffff811682115f14614e9157505b64ffffffffff807f000000000000000000000000000000000000000000000000000000000000000016911661456f565b90565b9050614e5e565b906001810190614ecd825464ffffffffff63ffffffff614ec1855460e01c828560981c16614627565b169160501c16906144d8565b9264e8d4a5100084029380850464e8d4a51000149015171561286e57825460ff60b81b1916600160b91b179092557fd0e354dad837659595fae7f44d4d8f180f16d6022b8ea12dbffdb3a79ab0b361916001600160401b0391614f569085614f5b575b5460e01c946040519384931695836020909392919363ffffffff60408201951681520152565b0390a2565b60018060a01b038154165f52600460205260405f20614f7b87825461456f565b9055614f30565b6001600160401b03165f908152600960205260409020546001600160a01b0316338190036118ee5750565b6001015460ff8160b81c1660038110156118865760018103612ff9575064ffffffffff9060281c1680421015614fe05750565b635ff8608f60e01b5f526004524260245260445ffd5b816150009161456f565b5f19810190811161286e5763ffffffff9161501a916147fe565b1690565b5f546001600160a01b03163303611e2e57565b60429061503c6157ab565b906040519161190160f01b8352600283015260228201522090565b929190833b615094579061506b92916158c7565b5060048110156118865715918261508157505090565b6001600160a01b03918216911614919050565b6064835f946020969460405194630b135d3f60e11b8652600486015260406024860152816044860152838501378281018201859052601f01601f191601915afa630b135d3f60e11b5f5114601f3d11161690565b906001600160401b03821690815f52600d602052600460405f2091019263ffffffff845460501c169163ffffffff83165f5260205260405f209182549060ff8260701c169160078310156118865760018593149081615252575b50615241575b5060ff91505460701c1660078110156118865760011461523b575061519961517963ffffffff845460501c16614496565b835463ffffffff60501b191660509190911b63ffffffff60501b16178355565b5f52600d60205263ffffffff8060405f20925460501c16165f5260205260405f20908161522861520664ffffffffff421664ffffffffff811664ffffffffff198554161784557f0000000000000000000000000000000000000000000000000000000000000000906144bc565b825464ffffffffff60281b191660289190911b64ffffffffff60281b16178255565b805460ff60701b1916600160701b179055565b91505090565b61524a92614a13565b5f8181615148565b64ffffffffff915060281c164210155f615142565b906001600160401b0382165f526008602052614aa460405f209260046152cc64ffffffffff421664ffffffffff600288015460c81c168181116147b157507f0000000000000000000000000000000000000000000000000000000000000000906144bc565b946152d86002826143f2565b01805464ffffffffff191664ffffffffff8616179055615939565b905f8091602081519101845af4808061536c575b156153275750506040513d81523d5f602083013e60203d82010160405290565b1561534c57639996b31560e01b5f9081526001600160a01b0391909116600452602490fd5b3d1561535d576040513d5f823e3d90fd5b63d6bda27560e01b5f5260045ffd5b503d1515806153075750813b1515615307565b906001600160601b03809116911603906001600160601b03821161286e57565b916153a982614482565b916001600160401b03831693845f52600960205260405f2092604051916153cf8361423a565b84549060018060a01b0382168452600160208501966001600160401b038460a01c168852604086019360e01c8452015491606085019464ffffffffff84168652608081019764ffffffffff8560281c16895260a082019364ffffffffff8660501c1685526001600160401b0360c084019263ffffffff8860781c16845260e085019463ffffffff8960981c16865261012061010082019961547660ff8260b81c168c614313565b66ffffffffffffff60c81b9060081b1691015251165f52600860205260405f2080549660018060a01b038816976001600160401b0360ff818360a01c169260e01c1694168082036157485750505160038110156118865760011491821592615733575b821561571d575b508115615704575b506156d4576154f960208901614428565b9663ffffffff8451169263ffffffff8916938411615560575b50505050505050505060400135908115158203611023578161554d575b50615538575050565b614aa4915f52600960205260405f2090614e98565b64ffffffffff915051164210155f61552f565b5163ffffffff168084116156b9575060019163ffffffff6155a49264ffffffffff8d51168042105f146156ac575064ffffffffff42915b51169003915116906147fe565b0180821161569357505091887fe006e571706b8e430d39392d12283b29e44e8f14fcf0fb34eeb07d92e8abe36964e8d4a5100060409897969464ffffffffff63ffffffff808c99875f5260096020526156198c8c5f209081549063ffffffff60e01b9060e01b169060018060e01b0316179055565b51168a0316915116020280966156468751928392836020909392919363ffffffff60408201951681520152565b0390a281516001600160a01b031681900361567c575b506020810183815101905201908151019052905f80808080808080615512565b6156858261575d565b81525f60208201525f61565c565b8a635ec50d3d60e11b5f5260045260245260445260645ffd5b64ffffffffff9091615597565b83908d6373fd3ff960e11b5f5260045260245260445260645ffd5b505050505050505050507f50906b048f7a2de5a5fe2fae9bf86180df3f9660a6f7ce023bc251ec5eae46735f80a2565b615717915064ffffffffff8b511661599a565b5f6154e8565b909150600681101561188657600514905f6154e0565b915060068210156118865760048214916154d9565b63300041b560e11b5f5260045260245260445ffd5b60208101518061576b575050565b600a9004908160031b918083046008149015171561286e57516001600160a01b03165f908152600460205260409020805490916157a79161456f565b9055565b307f00000000000000000000000000000000000000000000000000000000000000006001600160a01b0316148061589e575b15615806577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a0815261589860c0826142a8565b51902090565b507f000000000000000000000000000000000000000000000000000000000000000046146157dd565b90604183036158f1576158ea9250602081013591604082359201355f1a906159e7565b9192909190565b50505f9160029190565b60ff811690601f821161592a57604051916159176040846142a8565b6020808452838101919036833783525290565b632cd44ac360e21b5f5260045ffd5b6001600160401b0316805f52600860205260405f206001600160401b03815460a01c165f52600a602052600160405f209101545f5260205260405f20906001600160401b03825416146159895750565b805467ffffffffffffffff19169055565b9064ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001664ffffffffff83160142106159e1576159db91614e39565b42101590565b50505f90565b91907f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411615a5e579160209360809260ff5f9560405194855216868401526040830152606082015282805260015afa15614dc9575f516001600160a01b03811615615a5457905f905f90565b505f906001905f90565b5050505f916003919056fe9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f00",
}

// DataMarket is an auto generated Go binding around an Ethereum contract.
type DataMarket struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *DataMarket) GetABI() abi.ABI {
	return c.abi
}

// NewDataMarket creates a new instance of DataMarket.
func NewDataMarket() *DataMarket {
	parsed, err := DataMarketMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &DataMarket{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *DataMarket) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackConstructor is the Go binding used to pack the parameters required for
// contract deployment.
//
// Solidity: constructor((address,address,address,address,address,uint96,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint32) c) returns()
func (dataMarket *DataMarket) PackConstructor(c Config) []byte {
	enc, err := dataMarket.abi.Pack("", c)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackAcceptOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x79ba5097.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function acceptOwnership() returns()
func (dataMarket *DataMarket) PackAcceptOwnership() []byte {
	enc, err := dataMarket.abi.Pack("acceptOwnership")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAcceptOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x79ba5097.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function acceptOwnership() returns()
func (dataMarket *DataMarket) TryPackAcceptOwnership() ([]byte, error) {
	return dataMarket.abi.Pack("acceptOwnership")
}

// PackAddStake is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd47018f0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function addStake(uint64 stream, uint96 amount) returns()
func (dataMarket *DataMarket) PackAddStake(stream uint64, amount *big.Int) []byte {
	enc, err := dataMarket.abi.Pack("addStake", stream, amount)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAddStake is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd47018f0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function addStake(uint64 stream, uint96 amount) returns()
func (dataMarket *DataMarket) TryPackAddStake(stream uint64, amount *big.Int) ([]byte, error) {
	return dataMarket.abi.Pack("addStake", stream, amount)
}

// PackAllow is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb3517e0c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function allow(uint64 stream, address[] buyers, bool allowed) returns()
func (dataMarket *DataMarket) PackAllow(stream uint64, buyers []common.Address, allowed bool) []byte {
	enc, err := dataMarket.abi.Pack("allow", stream, buyers, allowed)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAllow is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb3517e0c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function allow(uint64 stream, address[] buyers, bool allowed) returns()
func (dataMarket *DataMarket) TryPackAllow(stream uint64, buyers []common.Address, allowed bool) ([]byte, error) {
	return dataMarket.abi.Pack("allow", stream, buyers, allowed)
}

// PackBuy is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x56c0b118.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function buy(uint64 stream, uint32 duration, uint256 maxTotal, bytes32 terms, address beneficiary, bytes32 routeHash) returns(uint64 purchase)
func (dataMarket *DataMarket) PackBuy(stream uint64, duration uint32, maxTotal *big.Int, terms [32]byte, beneficiary common.Address, routeHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("buy", stream, duration, maxTotal, terms, beneficiary, routeHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBuy is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x56c0b118.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function buy(uint64 stream, uint32 duration, uint256 maxTotal, bytes32 terms, address beneficiary, bytes32 routeHash) returns(uint64 purchase)
func (dataMarket *DataMarket) TryPackBuy(stream uint64, duration uint32, maxTotal *big.Int, terms [32]byte, beneficiary common.Address, routeHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("buy", stream, duration, maxTotal, terms, beneficiary, routeHash)
}

// UnpackBuy is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x56c0b118.
//
// Solidity: function buy(uint64 stream, uint32 duration, uint256 maxTotal, bytes32 terms, address beneficiary, bytes32 routeHash) returns(uint64 purchase)
func (dataMarket *DataMarket) UnpackBuy(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("buy", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackCancel is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4c125e79.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function cancel(uint64 purchase) returns()
func (dataMarket *DataMarket) PackCancel(purchase uint64) []byte {
	enc, err := dataMarket.abi.Pack("cancel", purchase)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCancel is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4c125e79.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function cancel(uint64 purchase) returns()
func (dataMarket *DataMarket) TryPackCancel(purchase uint64) ([]byte, error) {
	return dataMarket.abi.Pack("cancel", purchase)
}

// PackChallenge is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x866ce3aa.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function challenge(uint64 purchase, bytes32 evidenceHash) returns()
func (dataMarket *DataMarket) PackChallenge(purchase uint64, evidenceHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("challenge", purchase, evidenceHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackChallenge is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x866ce3aa.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function challenge(uint64 purchase, bytes32 evidenceHash) returns()
func (dataMarket *DataMarket) TryPackChallenge(purchase uint64, evidenceHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("challenge", purchase, evidenceHash)
}

// PackClose is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac18dcc8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function close(uint64 stream) returns()
func (dataMarket *DataMarket) PackClose(stream uint64) []byte {
	enc, err := dataMarket.abi.Pack("close", stream)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackClose is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac18dcc8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function close(uint64 stream) returns()
func (dataMarket *DataMarket) TryPackClose(stream uint64) ([]byte, error) {
	return dataMarket.abi.Pack("close", stream)
}

// PackConfig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x79502c55.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function config() view returns((address,address,address,address,address,uint96,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint32))
func (dataMarket *DataMarket) PackConfig() []byte {
	enc, err := dataMarket.abi.Pack("config")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackConfig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x79502c55.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function config() view returns((address,address,address,address,address,uint96,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint32))
func (dataMarket *DataMarket) TryPackConfig() ([]byte, error) {
	return dataMarket.abi.Pack("config")
}

// UnpackConfig is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x79502c55.
//
// Solidity: function config() view returns((address,address,address,address,address,uint96,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint32))
func (dataMarket *DataMarket) UnpackConfig(data []byte) (Config, error) {
	out, err := dataMarket.abi.Unpack("config", data)
	if err != nil {
		return *new(Config), err
	}
	out0 := *abi.ConvertType(out[0], new(Config)).(*Config)
	return out0, nil
}

// PackCredit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd5d44d80.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function credit(address account) view returns(uint256)
func (dataMarket *DataMarket) PackCredit(account common.Address) []byte {
	enc, err := dataMarket.abi.Pack("credit", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCredit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd5d44d80.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function credit(address account) view returns(uint256)
func (dataMarket *DataMarket) TryPackCredit(account common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("credit", account)
}

// UnpackCredit is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd5d44d80.
//
// Solidity: function credit(address account) view returns(uint256)
func (dataMarket *DataMarket) UnpackCredit(data []byte) (*big.Int, error) {
	out, err := dataMarket.abi.Unpack("credit", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackDeviceNonce is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbf0d0b5b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function deviceNonce(uint64 operator, bytes32 device) view returns(uint32)
func (dataMarket *DataMarket) PackDeviceNonce(operator uint64, device [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("deviceNonce", operator, device)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDeviceNonce is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbf0d0b5b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function deviceNonce(uint64 operator, bytes32 device) view returns(uint32)
func (dataMarket *DataMarket) TryPackDeviceNonce(operator uint64, device [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("deviceNonce", operator, device)
}

// UnpackDeviceNonce is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xbf0d0b5b.
//
// Solidity: function deviceNonce(uint64 operator, bytes32 device) view returns(uint32)
func (dataMarket *DataMarket) UnpackDeviceNonce(data []byte) (uint32, error) {
	out, err := dataMarket.abi.Unpack("deviceNonce", data)
	if err != nil {
		return *new(uint32), err
	}
	out0 := *abi.ConvertType(out[0], new(uint32)).(*uint32)
	return out0, nil
}

// PackExpire is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x22228560.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function expire(uint64 stream) returns()
func (dataMarket *DataMarket) PackExpire(stream uint64) []byte {
	enc, err := dataMarket.abi.Pack("expire", stream)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackExpire is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x22228560.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function expire(uint64 stream) returns()
func (dataMarket *DataMarket) TryPackExpire(stream uint64) ([]byte, error) {
	return dataMarket.abi.Pack("expire", stream)
}

// PackExtend is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf04275a8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function extend(uint64 purchase, uint32 duration, uint256 maxTotal) returns()
func (dataMarket *DataMarket) PackExtend(purchase uint64, duration uint32, maxTotal *big.Int) []byte {
	enc, err := dataMarket.abi.Pack("extend", purchase, duration, maxTotal)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackExtend is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf04275a8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function extend(uint64 purchase, uint32 duration, uint256 maxTotal) returns()
func (dataMarket *DataMarket) TryPackExtend(purchase uint64, duration uint32, maxTotal *big.Int) ([]byte, error) {
	return dataMarket.abi.Pack("extend", purchase, duration, maxTotal)
}

// PackFinish is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x43cf2f0b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function finish(uint64 purchase) returns()
func (dataMarket *DataMarket) PackFinish(purchase uint64) []byte {
	enc, err := dataMarket.abi.Pack("finish", purchase)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackFinish is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x43cf2f0b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function finish(uint64 purchase) returns()
func (dataMarket *DataMarket) TryPackFinish(purchase uint64) ([]byte, error) {
	return dataMarket.abi.Pack("finish", purchase)
}

// PackGetOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5cb050f0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function getOperator(uint64 operator) view returns((address,address,address,bool,bytes32,bytes32,string))
func (dataMarket *DataMarket) PackGetOperator(operator uint64) []byte {
	enc, err := dataMarket.abi.Pack("getOperator", operator)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGetOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5cb050f0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function getOperator(uint64 operator) view returns((address,address,address,bool,bytes32,bytes32,string))
func (dataMarket *DataMarket) TryPackGetOperator(operator uint64) ([]byte, error) {
	return dataMarket.abi.Pack("getOperator", operator)
}

// UnpackGetOperator is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x5cb050f0.
//
// Solidity: function getOperator(uint64 operator) view returns((address,address,address,bool,bytes32,bytes32,string))
func (dataMarket *DataMarket) UnpackGetOperator(data []byte) (Operator, error) {
	out, err := dataMarket.abi.Unpack("getOperator", data)
	if err != nil {
		return *new(Operator), err
	}
	out0 := *abi.ConvertType(out[0], new(Operator)).(*Operator)
	return out0, nil
}

// PackGetPurchase is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0cae073b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function getPurchase(uint64 purchase) view returns((address,uint64,uint32,uint40,uint40,uint40,uint32,uint32,uint8,bytes7))
func (dataMarket *DataMarket) PackGetPurchase(purchase uint64) []byte {
	enc, err := dataMarket.abi.Pack("getPurchase", purchase)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGetPurchase is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0cae073b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function getPurchase(uint64 purchase) view returns((address,uint64,uint32,uint40,uint40,uint40,uint32,uint32,uint8,bytes7))
func (dataMarket *DataMarket) TryPackGetPurchase(purchase uint64) ([]byte, error) {
	return dataMarket.abi.Pack("getPurchase", purchase)
}

// UnpackGetPurchase is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0cae073b.
//
// Solidity: function getPurchase(uint64 purchase) view returns((address,uint64,uint32,uint40,uint40,uint40,uint32,uint32,uint8,bytes7))
func (dataMarket *DataMarket) UnpackGetPurchase(data []byte) (Purchase, error) {
	out, err := dataMarket.abi.Unpack("getPurchase", data)
	if err != nil {
		return *new(Purchase), err
	}
	out0 := *abi.ConvertType(out[0], new(Purchase)).(*Purchase)
	return out0, nil
}

// PackGetRound is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfd6fd93d.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function getRound(uint64 stream, uint32 round) view returns((uint40,uint40,uint32,uint8,uint96))
func (dataMarket *DataMarket) PackGetRound(stream uint64, round uint32) []byte {
	enc, err := dataMarket.abi.Pack("getRound", stream, round)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGetRound is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfd6fd93d.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function getRound(uint64 stream, uint32 round) view returns((uint40,uint40,uint32,uint8,uint96))
func (dataMarket *DataMarket) TryPackGetRound(stream uint64, round uint32) ([]byte, error) {
	return dataMarket.abi.Pack("getRound", stream, round)
}

// UnpackGetRound is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xfd6fd93d.
//
// Solidity: function getRound(uint64 stream, uint32 round) view returns((uint40,uint40,uint32,uint8,uint96))
func (dataMarket *DataMarket) UnpackGetRound(data []byte) (Round, error) {
	out, err := dataMarket.abi.Unpack("getRound", data)
	if err != nil {
		return *new(Round), err
	}
	out0 := *abi.ConvertType(out[0], new(Round)).(*Round)
	return out0, nil
}

// PackGetStream is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe6ad47f2.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function getStream(uint64 stream) view returns((address,uint64,uint8,bool,bool,bytes32,uint40,uint32,uint32,uint96,uint40,bytes32,uint40,uint40,uint32))
func (dataMarket *DataMarket) PackGetStream(stream uint64) []byte {
	enc, err := dataMarket.abi.Pack("getStream", stream)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGetStream is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe6ad47f2.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function getStream(uint64 stream) view returns((address,uint64,uint8,bool,bool,bytes32,uint40,uint32,uint32,uint96,uint40,bytes32,uint40,uint40,uint32))
func (dataMarket *DataMarket) TryPackGetStream(stream uint64) ([]byte, error) {
	return dataMarket.abi.Pack("getStream", stream)
}

// UnpackGetStream is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe6ad47f2.
//
// Solidity: function getStream(uint64 stream) view returns((address,uint64,uint8,bool,bool,bytes32,uint40,uint32,uint32,uint96,uint40,bytes32,uint40,uint40,uint32))
func (dataMarket *DataMarket) UnpackGetStream(data []byte) (Stream, error) {
	out, err := dataMarket.abi.Unpack("getStream", data)
	if err != nil {
		return *new(Stream), err
	}
	out0 := *abi.ConvertType(out[0], new(Stream)).(*Stream)
	return out0, nil
}

// PackHasChallenged is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbf84cbb2.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function hasChallenged(uint64 stream, uint32 round, address buyer) view returns(bool)
func (dataMarket *DataMarket) PackHasChallenged(stream uint64, round uint32, buyer common.Address) []byte {
	enc, err := dataMarket.abi.Pack("hasChallenged", stream, round, buyer)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackHasChallenged is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbf84cbb2.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function hasChallenged(uint64 stream, uint32 round, address buyer) view returns(bool)
func (dataMarket *DataMarket) TryPackHasChallenged(stream uint64, round uint32, buyer common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("hasChallenged", stream, round, buyer)
}

// UnpackHasChallenged is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xbf84cbb2.
//
// Solidity: function hasChallenged(uint64 stream, uint32 round, address buyer) view returns(bool)
func (dataMarket *DataMarket) UnpackHasChallenged(data []byte) (bool, error) {
	out, err := dataMarket.abi.Unpack("hasChallenged", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackIsAllowed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x554baa8b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function isAllowed(uint64 stream, address buyer) view returns(bool)
func (dataMarket *DataMarket) PackIsAllowed(stream uint64, buyer common.Address) []byte {
	enc, err := dataMarket.abi.Pack("isAllowed", stream, buyer)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackIsAllowed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x554baa8b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function isAllowed(uint64 stream, address buyer) view returns(bool)
func (dataMarket *DataMarket) TryPackIsAllowed(stream uint64, buyer common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("isAllowed", stream, buyer)
}

// UnpackIsAllowed is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x554baa8b.
//
// Solidity: function isAllowed(uint64 stream, address buyer) view returns(bool)
func (dataMarket *DataMarket) UnpackIsAllowed(data []byte) (bool, error) {
	out, err := dataMarket.abi.Unpack("isAllowed", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackList is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3712dd07.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function list((uint64,bytes32,uint40,uint32,uint32,bytes32,uint96,uint8,uint32,uint40,bytes,uint64[]) l) returns(uint64 stream)
func (dataMarket *DataMarket) PackList(l Listing) []byte {
	enc, err := dataMarket.abi.Pack("list", l)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackList is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3712dd07.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function list((uint64,bytes32,uint40,uint32,uint32,bytes32,uint96,uint8,uint32,uint40,bytes,uint64[]) l) returns(uint64 stream)
func (dataMarket *DataMarket) TryPackList(l Listing) ([]byte, error) {
	return dataMarket.abi.Pack("list", l)
}

// UnpackList is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x3712dd07.
//
// Solidity: function list((uint64,bytes32,uint40,uint32,uint32,bytes32,uint96,uint8,uint32,uint40,bytes,uint64[]) l) returns(uint64 stream)
func (dataMarket *DataMarket) UnpackList(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("list", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackLiveStream is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7ee94be7.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function liveStream(uint64 operator, bytes32 device) view returns(uint64)
func (dataMarket *DataMarket) PackLiveStream(operator uint64, device [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("liveStream", operator, device)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackLiveStream is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7ee94be7.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function liveStream(uint64 operator, bytes32 device) view returns(uint64)
func (dataMarket *DataMarket) TryPackLiveStream(operator uint64, device [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("liveStream", operator, device)
}

// UnpackLiveStream is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7ee94be7.
//
// Solidity: function liveStream(uint64 operator, bytes32 device) view returns(uint64)
func (dataMarket *DataMarket) UnpackLiveStream(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("liveStream", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMulticall is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac9650d8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function multicall(bytes[] data) returns(bytes[] results)
func (dataMarket *DataMarket) PackMulticall(data [][]byte) []byte {
	enc, err := dataMarket.abi.Pack("multicall", data)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMulticall is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac9650d8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function multicall(bytes[] data) returns(bytes[] results)
func (dataMarket *DataMarket) TryPackMulticall(data [][]byte) ([]byte, error) {
	return dataMarket.abi.Pack("multicall", data)
}

// UnpackMulticall is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xac9650d8.
//
// Solidity: function multicall(bytes[] data) returns(bytes[] results)
func (dataMarket *DataMarket) UnpackMulticall(data []byte) ([][]byte, error) {
	out, err := dataMarket.abi.Unpack("multicall", data)
	if err != nil {
		return *new([][]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([][]byte)).(*[][]byte)
	return out0, nil
}

// PackOperatorCount is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7c6f3158.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function operatorCount() view returns(uint64)
func (dataMarket *DataMarket) PackOperatorCount() []byte {
	enc, err := dataMarket.abi.Pack("operatorCount")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOperatorCount is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7c6f3158.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function operatorCount() view returns(uint64)
func (dataMarket *DataMarket) TryPackOperatorCount() ([]byte, error) {
	return dataMarket.abi.Pack("operatorCount")
}

// UnpackOperatorCount is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7c6f3158.
//
// Solidity: function operatorCount() view returns(uint64)
func (dataMarket *DataMarket) UnpackOperatorCount(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("operatorCount", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8da5cb5b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function owner() view returns(address)
func (dataMarket *DataMarket) PackOwner() []byte {
	enc, err := dataMarket.abi.Pack("owner")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8da5cb5b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function owner() view returns(address)
func (dataMarket *DataMarket) TryPackOwner() ([]byte, error) {
	return dataMarket.abi.Pack("owner")
}

// UnpackOwner is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x8da5cb5b.
//
// Solidity: function owner() view returns(address)
func (dataMarket *DataMarket) UnpackOwner(data []byte) (common.Address, error) {
	out, err := dataMarket.abi.Unpack("owner", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackPause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8456cb59.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function pause() returns()
func (dataMarket *DataMarket) PackPause() []byte {
	enc, err := dataMarket.abi.Pack("pause")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8456cb59.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function pause() returns()
func (dataMarket *DataMarket) TryPackPause() ([]byte, error) {
	return dataMarket.abi.Pack("pause")
}

// PackPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c975abb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function paused() view returns(bool)
func (dataMarket *DataMarket) PackPaused() []byte {
	enc, err := dataMarket.abi.Pack("paused")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c975abb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function paused() view returns(bool)
func (dataMarket *DataMarket) TryPackPaused() ([]byte, error) {
	return dataMarket.abi.Pack("paused")
}

// UnpackPaused is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x5c975abb.
//
// Solidity: function paused() view returns(bool)
func (dataMarket *DataMarket) UnpackPaused(data []byte) (bool, error) {
	out, err := dataMarket.abi.Unpack("paused", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackPendingOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe30c3978.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function pendingOwner() view returns(address)
func (dataMarket *DataMarket) PackPendingOwner() []byte {
	enc, err := dataMarket.abi.Pack("pendingOwner")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPendingOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe30c3978.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function pendingOwner() view returns(address)
func (dataMarket *DataMarket) TryPackPendingOwner() ([]byte, error) {
	return dataMarket.abi.Pack("pendingOwner")
}

// UnpackPendingOwner is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe30c3978.
//
// Solidity: function pendingOwner() view returns(address)
func (dataMarket *DataMarket) UnpackPendingOwner(data []byte) (common.Address, error) {
	out, err := dataMarket.abi.Unpack("pendingOwner", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackPurchaseCount is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2b85ed9c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function purchaseCount() view returns(uint64)
func (dataMarket *DataMarket) PackPurchaseCount() []byte {
	enc, err := dataMarket.abi.Pack("purchaseCount")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPurchaseCount is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2b85ed9c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function purchaseCount() view returns(uint64)
func (dataMarket *DataMarket) TryPackPurchaseCount() ([]byte, error) {
	return dataMarket.abi.Pack("purchaseCount")
}

// UnpackPurchaseCount is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x2b85ed9c.
//
// Solidity: function purchaseCount() view returns(uint64)
func (dataMarket *DataMarket) UnpackPurchaseCount(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("purchaseCount", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackRedeem is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x550123e5.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function redeem(uint64 stream, uint32 round, address challenger) returns()
func (dataMarket *DataMarket) PackRedeem(stream uint64, round uint32, challenger common.Address) []byte {
	enc, err := dataMarket.abi.Pack("redeem", stream, round, challenger)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRedeem is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x550123e5.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function redeem(uint64 stream, uint32 round, address challenger) returns()
func (dataMarket *DataMarket) TryPackRedeem(stream uint64, round uint32, challenger common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("redeem", stream, round, challenger)
}

// PackRegisterOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x1a4c0794.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function registerOperator(address signer, address payout, bytes32 keys, string metadataURI, bytes32 metadataHash) returns(uint64 operator)
func (dataMarket *DataMarket) PackRegisterOperator(signer common.Address, payout common.Address, keys [32]byte, metadataURI string, metadataHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("registerOperator", signer, payout, keys, metadataURI, metadataHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRegisterOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x1a4c0794.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function registerOperator(address signer, address payout, bytes32 keys, string metadataURI, bytes32 metadataHash) returns(uint64 operator)
func (dataMarket *DataMarket) TryPackRegisterOperator(signer common.Address, payout common.Address, keys [32]byte, metadataURI string, metadataHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("registerOperator", signer, payout, keys, metadataURI, metadataHash)
}

// UnpackRegisterOperator is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x1a4c0794.
//
// Solidity: function registerOperator(address signer, address payout, bytes32 keys, string metadataURI, bytes32 metadataHash) returns(uint64 operator)
func (dataMarket *DataMarket) UnpackRegisterOperator(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("registerOperator", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackRenounceOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x715018a6.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function renounceOwnership() returns()
func (dataMarket *DataMarket) PackRenounceOwnership() []byte {
	enc, err := dataMarket.abi.Pack("renounceOwnership")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRenounceOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x715018a6.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function renounceOwnership() returns()
func (dataMarket *DataMarket) TryPackRenounceOwnership() ([]byte, error) {
	return dataMarket.abi.Pack("renounceOwnership")
}

// PackRetire is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf49d0638.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function retire(uint64 stream) returns()
func (dataMarket *DataMarket) PackRetire(stream uint64) []byte {
	enc, err := dataMarket.abi.Pack("retire", stream)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRetire is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf49d0638.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function retire(uint64 stream) returns()
func (dataMarket *DataMarket) TryPackRetire(stream uint64) ([]byte, error) {
	return dataMarket.abi.Pack("retire", stream)
}

// PackRule is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xed943d81.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function rule(uint64 stream, bool upheld, bytes32 rulingHash) returns()
func (dataMarket *DataMarket) PackRule(stream uint64, upheld bool, rulingHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("rule", stream, upheld, rulingHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRule is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xed943d81.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function rule(uint64 stream, bool upheld, bytes32 rulingHash) returns()
func (dataMarket *DataMarket) TryPackRule(stream uint64, upheld bool, rulingHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("rule", stream, upheld, rulingHash)
}

// PackSetOffer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4f565240.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setOffer(uint64 stream, uint40 price, uint32 interval, uint32 minDuration) returns()
func (dataMarket *DataMarket) PackSetOffer(stream uint64, price *big.Int, interval uint32, minDuration uint32) []byte {
	enc, err := dataMarket.abi.Pack("setOffer", stream, price, interval, minDuration)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetOffer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4f565240.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setOffer(uint64 stream, uint40 price, uint32 interval, uint32 minDuration) returns()
func (dataMarket *DataMarket) TryPackSetOffer(stream uint64, price *big.Int, interval uint32, minDuration uint32) ([]byte, error) {
	return dataMarket.abi.Pack("setOffer", stream, price, interval, minDuration)
}

// PackSetOperatorMetadata is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x51741412.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setOperatorMetadata(uint64 operator, bytes32 keys, string metadataURI, bytes32 metadataHash) returns()
func (dataMarket *DataMarket) PackSetOperatorMetadata(operator uint64, keys [32]byte, metadataURI string, metadataHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("setOperatorMetadata", operator, keys, metadataURI, metadataHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetOperatorMetadata is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x51741412.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setOperatorMetadata(uint64 operator, bytes32 keys, string metadataURI, bytes32 metadataHash) returns()
func (dataMarket *DataMarket) TryPackSetOperatorMetadata(operator uint64, keys [32]byte, metadataURI string, metadataHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("setOperatorMetadata", operator, keys, metadataURI, metadataHash)
}

// PackSetPayout is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x92be821d.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setPayout(uint64 operator, address payout) returns()
func (dataMarket *DataMarket) PackSetPayout(operator uint64, payout common.Address) []byte {
	enc, err := dataMarket.abi.Pack("setPayout", operator, payout)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetPayout is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x92be821d.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setPayout(uint64 operator, address payout) returns()
func (dataMarket *DataMarket) TryPackSetPayout(operator uint64, payout common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("setPayout", operator, payout)
}

// PackSetRestricted is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xccd1fc7c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setRestricted(uint64 stream, bool restricted) returns()
func (dataMarket *DataMarket) PackSetRestricted(stream uint64, restricted bool) []byte {
	enc, err := dataMarket.abi.Pack("setRestricted", stream, restricted)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetRestricted is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xccd1fc7c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setRestricted(uint64 stream, bool restricted) returns()
func (dataMarket *DataMarket) TryPackSetRestricted(stream uint64, restricted bool) ([]byte, error) {
	return dataMarket.abi.Pack("setRestricted", stream, restricted)
}

// PackSetSigner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x152b365b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setSigner(uint64 operator, address signer) returns()
func (dataMarket *DataMarket) PackSetSigner(operator uint64, signer common.Address) []byte {
	enc, err := dataMarket.abi.Pack("setSigner", operator, signer)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetSigner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x152b365b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setSigner(uint64 operator, address signer) returns()
func (dataMarket *DataMarket) TryPackSetSigner(operator uint64, signer common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("setSigner", operator, signer)
}

// PackSetTerms is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0716fad7.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setTerms(uint64 stream, bytes32 terms) returns()
func (dataMarket *DataMarket) PackSetTerms(stream uint64, terms [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("setTerms", stream, terms)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetTerms is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0716fad7.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setTerms(uint64 stream, bytes32 terms) returns()
func (dataMarket *DataMarket) TryPackSetTerms(stream uint64, terms [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("setTerms", stream, terms)
}

// PackSettle is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x044a5137.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function settle(uint64 operator, (uint64,uint32,bool)[] claims, bytes32 root) returns()
func (dataMarket *DataMarket) PackSettle(operator uint64, claims []Claim, root [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("settle", operator, claims, root)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSettle is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x044a5137.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function settle(uint64 operator, (uint64,uint32,bool)[] claims, bytes32 root) returns()
func (dataMarket *DataMarket) TryPackSettle(operator uint64, claims []Claim, root [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("settle", operator, claims, root)
}

// PackSettleSigned is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7b7861e5.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function settleSigned(uint64 operator, (uint64,uint32,bool)[] claims, bytes32 root, uint40 deadline, bytes sig) returns()
func (dataMarket *DataMarket) PackSettleSigned(operator uint64, claims []Claim, root [32]byte, deadline *big.Int, sig []byte) []byte {
	enc, err := dataMarket.abi.Pack("settleSigned", operator, claims, root, deadline, sig)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSettleSigned is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7b7861e5.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function settleSigned(uint64 operator, (uint64,uint32,bool)[] claims, bytes32 root, uint40 deadline, bytes sig) returns()
func (dataMarket *DataMarket) TryPackSettleSigned(operator uint64, claims []Claim, root [32]byte, deadline *big.Int, sig []byte) ([]byte, error) {
	return dataMarket.abi.Pack("settleSigned", operator, claims, root, deadline, sig)
}

// PackStreamCount is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x89d0e119.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function streamCount() view returns(uint64)
func (dataMarket *DataMarket) PackStreamCount() []byte {
	enc, err := dataMarket.abi.Pack("streamCount")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackStreamCount is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x89d0e119.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function streamCount() view returns(uint64)
func (dataMarket *DataMarket) TryPackStreamCount() ([]byte, error) {
	return dataMarket.abi.Pack("streamCount")
}

// UnpackStreamCount is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x89d0e119.
//
// Solidity: function streamCount() view returns(uint64)
func (dataMarket *DataMarket) UnpackStreamCount(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("streamCount", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackToken is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfc0c546a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function token() view returns(address)
func (dataMarket *DataMarket) PackToken() []byte {
	enc, err := dataMarket.abi.Pack("token")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackToken is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfc0c546a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function token() view returns(address)
func (dataMarket *DataMarket) TryPackToken() ([]byte, error) {
	return dataMarket.abi.Pack("token")
}

// UnpackToken is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xfc0c546a.
//
// Solidity: function token() view returns(address)
func (dataMarket *DataMarket) UnpackToken(data []byte) (common.Address, error) {
	out, err := dataMarket.abi.Unpack("token", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackTransferOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf2fde38b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferOwnership(address newOwner) returns()
func (dataMarket *DataMarket) PackTransferOwnership(newOwner common.Address) []byte {
	enc, err := dataMarket.abi.Pack("transferOwnership", newOwner)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf2fde38b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferOwnership(address newOwner) returns()
func (dataMarket *DataMarket) TryPackTransferOwnership(newOwner common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("transferOwnership", newOwner)
}

// PackUnpause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3f4ba83a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function unpause() returns()
func (dataMarket *DataMarket) PackUnpause() []byte {
	enc, err := dataMarket.abi.Pack("unpause")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackUnpause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3f4ba83a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function unpause() returns()
func (dataMarket *DataMarket) TryPackUnpause() ([]byte, error) {
	return dataMarket.abi.Pack("unpause")
}

// PackUsePermit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcd5db99f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function usePermit((uint256,uint256,uint8,bytes32,bytes32) p) returns()
func (dataMarket *DataMarket) PackUsePermit(p Permit) []byte {
	enc, err := dataMarket.abi.Pack("usePermit", p)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackUsePermit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcd5db99f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function usePermit((uint256,uint256,uint8,bytes32,bytes32) p) returns()
func (dataMarket *DataMarket) TryPackUsePermit(p Permit) ([]byte, error) {
	return dataMarket.abi.Pack("usePermit", p)
}

// PackVerifyOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7a0d634e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function verifyOperator(uint64 operator, bool verified) returns()
func (dataMarket *DataMarket) PackVerifyOperator(operator uint64, verified bool) []byte {
	enc, err := dataMarket.abi.Pack("verifyOperator", operator, verified)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVerifyOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7a0d634e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function verifyOperator(uint64 operator, bool verified) returns()
func (dataMarket *DataMarket) TryPackVerifyOperator(operator uint64, verified bool) ([]byte, error) {
	return dataMarket.abi.Pack("verifyOperator", operator, verified)
}

// PackWithdraw is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x51cff8d9.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function withdraw(address account) returns()
func (dataMarket *DataMarket) PackWithdraw(account common.Address) []byte {
	enc, err := dataMarket.abi.Pack("withdraw", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackWithdraw is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x51cff8d9.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function withdraw(address account) returns()
func (dataMarket *DataMarket) TryPackWithdraw(account common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("withdraw", account)
}

// PackWithdrawStake is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2ce7777f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function withdrawStake(uint64 stream) returns()
func (dataMarket *DataMarket) PackWithdrawStake(stream uint64) []byte {
	enc, err := dataMarket.abi.Pack("withdrawStake", stream)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackWithdrawStake is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2ce7777f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function withdrawStake(uint64 stream) returns()
func (dataMarket *DataMarket) TryPackWithdrawStake(stream uint64) ([]byte, error) {
	return dataMarket.abi.Pack("withdrawStake", stream)
}

// DataMarketAllowedSet represents a AllowedSet event raised by the DataMarket contract.
type DataMarketAllowedSet struct {
	Stream  uint64
	Buyer   common.Address
	Allowed bool
	Raw     *types.Log // Blockchain specific contextual infos
}

const DataMarketAllowedSetEventName = "AllowedSet"

// ContractEventName returns the user-defined event name.
func (DataMarketAllowedSet) ContractEventName() string {
	return DataMarketAllowedSetEventName
}

// UnpackAllowedSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event AllowedSet(uint64 indexed stream, address indexed buyer, bool allowed)
func (dataMarket *DataMarket) UnpackAllowedSetEvent(log *types.Log) (*DataMarketAllowedSet, error) {
	event := "AllowedSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketAllowedSet)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketCancelled represents a Cancelled event raised by the DataMarket contract.
type DataMarketCancelled struct {
	Purchase uint64
	End      *big.Int
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketCancelledEventName = "Cancelled"

// ContractEventName returns the user-defined event name.
func (DataMarketCancelled) ContractEventName() string {
	return DataMarketCancelledEventName
}

// UnpackCancelledEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Cancelled(uint64 indexed purchase, uint40 end)
func (dataMarket *DataMarket) UnpackCancelledEvent(log *types.Log) (*DataMarketCancelled, error) {
	event := "Cancelled"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketCancelled)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketChallenged represents a Challenged event raised by the DataMarket contract.
type DataMarketChallenged struct {
	Stream       uint64
	Round        uint32
	Purchase     uint64
	Challenger   common.Address
	EvidenceHash [32]byte
	Count        uint32
	Raw          *types.Log // Blockchain specific contextual infos
}

const DataMarketChallengedEventName = "Challenged"

// ContractEventName returns the user-defined event name.
func (DataMarketChallenged) ContractEventName() string {
	return DataMarketChallengedEventName
}

// UnpackChallengedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Challenged(uint64 indexed stream, uint32 indexed round, uint64 indexed purchase, address challenger, bytes32 evidenceHash, uint32 count)
func (dataMarket *DataMarket) UnpackChallengedEvent(log *types.Log) (*DataMarketChallenged, error) {
	event := "Challenged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketChallenged)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketClaimSkipped represents a ClaimSkipped event raised by the DataMarket contract.
type DataMarketClaimSkipped struct {
	Purchase uint64
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketClaimSkippedEventName = "ClaimSkipped"

// ContractEventName returns the user-defined event name.
func (DataMarketClaimSkipped) ContractEventName() string {
	return DataMarketClaimSkippedEventName
}

// UnpackClaimSkippedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event ClaimSkipped(uint64 indexed purchase)
func (dataMarket *DataMarket) UnpackClaimSkippedEvent(log *types.Log) (*DataMarketClaimSkipped, error) {
	event := "ClaimSkipped"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketClaimSkipped)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketEIP712DomainChanged represents a EIP712DomainChanged event raised by the DataMarket contract.
type DataMarketEIP712DomainChanged struct {
	Raw *types.Log // Blockchain specific contextual infos
}

const DataMarketEIP712DomainChangedEventName = "EIP712DomainChanged"

// ContractEventName returns the user-defined event name.
func (DataMarketEIP712DomainChanged) ContractEventName() string {
	return DataMarketEIP712DomainChangedEventName
}

// UnpackEIP712DomainChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event EIP712DomainChanged()
func (dataMarket *DataMarket) UnpackEIP712DomainChangedEvent(log *types.Log) (*DataMarketEIP712DomainChanged, error) {
	event := "EIP712DomainChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketEIP712DomainChanged)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketExtended represents a Extended event raised by the DataMarket contract.
type DataMarketExtended struct {
	Purchase uint64
	End      *big.Int
	Quota    uint32
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketExtendedEventName = "Extended"

// ContractEventName returns the user-defined event name.
func (DataMarketExtended) ContractEventName() string {
	return DataMarketExtendedEventName
}

// UnpackExtendedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Extended(uint64 indexed purchase, uint40 end, uint32 quota)
func (dataMarket *DataMarket) UnpackExtendedEvent(log *types.Log) (*DataMarketExtended, error) {
	event := "Extended"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketExtended)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketFinished represents a Finished event raised by the DataMarket contract.
type DataMarketFinished struct {
	Purchase  uint64
	Delivered uint32
	Refund    *big.Int
	Raw       *types.Log // Blockchain specific contextual infos
}

const DataMarketFinishedEventName = "Finished"

// ContractEventName returns the user-defined event name.
func (DataMarketFinished) ContractEventName() string {
	return DataMarketFinishedEventName
}

// UnpackFinishedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Finished(uint64 indexed purchase, uint32 delivered, uint256 refund)
func (dataMarket *DataMarket) UnpackFinishedEvent(log *types.Log) (*DataMarketFinished, error) {
	event := "Finished"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketFinished)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketOfferSet represents a OfferSet event raised by the DataMarket contract.
type DataMarketOfferSet struct {
	Stream      uint64
	Price       *big.Int
	Interval    uint32
	MinDuration uint32
	Raw         *types.Log // Blockchain specific contextual infos
}

const DataMarketOfferSetEventName = "OfferSet"

// ContractEventName returns the user-defined event name.
func (DataMarketOfferSet) ContractEventName() string {
	return DataMarketOfferSetEventName
}

// UnpackOfferSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OfferSet(uint64 indexed stream, uint40 price, uint32 interval, uint32 minDuration)
func (dataMarket *DataMarket) UnpackOfferSetEvent(log *types.Log) (*DataMarketOfferSet, error) {
	event := "OfferSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketOfferSet)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketOperatorMetadataSet represents a OperatorMetadataSet event raised by the DataMarket contract.
type DataMarketOperatorMetadataSet struct {
	Operator     uint64
	Keys         [32]byte
	MetadataURI  string
	MetadataHash [32]byte
	Raw          *types.Log // Blockchain specific contextual infos
}

const DataMarketOperatorMetadataSetEventName = "OperatorMetadataSet"

// ContractEventName returns the user-defined event name.
func (DataMarketOperatorMetadataSet) ContractEventName() string {
	return DataMarketOperatorMetadataSetEventName
}

// UnpackOperatorMetadataSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OperatorMetadataSet(uint64 indexed operator, bytes32 keys, string metadataURI, bytes32 metadataHash)
func (dataMarket *DataMarket) UnpackOperatorMetadataSetEvent(log *types.Log) (*DataMarketOperatorMetadataSet, error) {
	event := "OperatorMetadataSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketOperatorMetadataSet)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketOperatorRegistered represents a OperatorRegistered event raised by the DataMarket contract.
type DataMarketOperatorRegistered struct {
	Operator     uint64
	Admin        common.Address
	Signer       common.Address
	Payout       common.Address
	Keys         [32]byte
	MetadataURI  string
	MetadataHash [32]byte
	Raw          *types.Log // Blockchain specific contextual infos
}

const DataMarketOperatorRegisteredEventName = "OperatorRegistered"

// ContractEventName returns the user-defined event name.
func (DataMarketOperatorRegistered) ContractEventName() string {
	return DataMarketOperatorRegisteredEventName
}

// UnpackOperatorRegisteredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OperatorRegistered(uint64 indexed operator, address indexed admin, address signer, address payout, bytes32 keys, string metadataURI, bytes32 metadataHash)
func (dataMarket *DataMarket) UnpackOperatorRegisteredEvent(log *types.Log) (*DataMarketOperatorRegistered, error) {
	event := "OperatorRegistered"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketOperatorRegistered)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketOperatorVerified represents a OperatorVerified event raised by the DataMarket contract.
type DataMarketOperatorVerified struct {
	Operator uint64
	Verified bool
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketOperatorVerifiedEventName = "OperatorVerified"

// ContractEventName returns the user-defined event name.
func (DataMarketOperatorVerified) ContractEventName() string {
	return DataMarketOperatorVerifiedEventName
}

// UnpackOperatorVerifiedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OperatorVerified(uint64 indexed operator, bool verified)
func (dataMarket *DataMarket) UnpackOperatorVerifiedEvent(log *types.Log) (*DataMarketOperatorVerified, error) {
	event := "OperatorVerified"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketOperatorVerified)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketOwnershipTransferStarted represents a OwnershipTransferStarted event raised by the DataMarket contract.
type DataMarketOwnershipTransferStarted struct {
	PreviousOwner common.Address
	NewOwner      common.Address
	Raw           *types.Log // Blockchain specific contextual infos
}

const DataMarketOwnershipTransferStartedEventName = "OwnershipTransferStarted"

// ContractEventName returns the user-defined event name.
func (DataMarketOwnershipTransferStarted) ContractEventName() string {
	return DataMarketOwnershipTransferStartedEventName
}

// UnpackOwnershipTransferStartedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner)
func (dataMarket *DataMarket) UnpackOwnershipTransferStartedEvent(log *types.Log) (*DataMarketOwnershipTransferStarted, error) {
	event := "OwnershipTransferStarted"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketOwnershipTransferStarted)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketOwnershipTransferred represents a OwnershipTransferred event raised by the DataMarket contract.
type DataMarketOwnershipTransferred struct {
	PreviousOwner common.Address
	NewOwner      common.Address
	Raw           *types.Log // Blockchain specific contextual infos
}

const DataMarketOwnershipTransferredEventName = "OwnershipTransferred"

// ContractEventName returns the user-defined event name.
func (DataMarketOwnershipTransferred) ContractEventName() string {
	return DataMarketOwnershipTransferredEventName
}

// UnpackOwnershipTransferredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)
func (dataMarket *DataMarket) UnpackOwnershipTransferredEvent(log *types.Log) (*DataMarketOwnershipTransferred, error) {
	event := "OwnershipTransferred"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketOwnershipTransferred)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketPaused represents a Paused event raised by the DataMarket contract.
type DataMarketPaused struct {
	Account common.Address
	Raw     *types.Log // Blockchain specific contextual infos
}

const DataMarketPausedEventName = "Paused"

// ContractEventName returns the user-defined event name.
func (DataMarketPaused) ContractEventName() string {
	return DataMarketPausedEventName
}

// UnpackPausedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Paused(address account)
func (dataMarket *DataMarket) UnpackPausedEvent(log *types.Log) (*DataMarketPaused, error) {
	event := "Paused"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketPaused)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketPayoutSet represents a PayoutSet event raised by the DataMarket contract.
type DataMarketPayoutSet struct {
	Operator uint64
	Payout   common.Address
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketPayoutSetEventName = "PayoutSet"

// ContractEventName returns the user-defined event name.
func (DataMarketPayoutSet) ContractEventName() string {
	return DataMarketPayoutSetEventName
}

// UnpackPayoutSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event PayoutSet(uint64 indexed operator, address payout)
func (dataMarket *DataMarket) UnpackPayoutSetEvent(log *types.Log) (*DataMarketPayoutSet, error) {
	event := "PayoutSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketPayoutSet)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketPurchased represents a Purchased event raised by the DataMarket contract.
type DataMarketPurchased struct {
	Purchase  uint64
	Stream    uint64
	Buyer     common.Address
	Start     *big.Int
	End       *big.Int
	Price     *big.Int
	Interval  uint32
	Quota     uint32
	RouteHash [32]byte
	Raw       *types.Log // Blockchain specific contextual infos
}

const DataMarketPurchasedEventName = "Purchased"

// ContractEventName returns the user-defined event name.
func (DataMarketPurchased) ContractEventName() string {
	return DataMarketPurchasedEventName
}

// UnpackPurchasedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Purchased(uint64 indexed purchase, uint64 indexed stream, address indexed buyer, uint40 start, uint40 end, uint40 price, uint32 interval, uint32 quota, bytes32 routeHash)
func (dataMarket *DataMarket) UnpackPurchasedEvent(log *types.Log) (*DataMarketPurchased, error) {
	event := "Purchased"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketPurchased)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketRedeemed represents a Redeemed event raised by the DataMarket contract.
type DataMarketRedeemed struct {
	Stream     uint64
	Round      uint32
	Challenger common.Address
	Amount     *big.Int
	Raw        *types.Log // Blockchain specific contextual infos
}

const DataMarketRedeemedEventName = "Redeemed"

// ContractEventName returns the user-defined event name.
func (DataMarketRedeemed) ContractEventName() string {
	return DataMarketRedeemedEventName
}

// UnpackRedeemedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Redeemed(uint64 indexed stream, uint32 indexed round, address indexed challenger, uint256 amount)
func (dataMarket *DataMarket) UnpackRedeemedEvent(log *types.Log) (*DataMarketRedeemed, error) {
	event := "Redeemed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketRedeemed)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketRestrictedSet represents a RestrictedSet event raised by the DataMarket contract.
type DataMarketRestrictedSet struct {
	Stream     uint64
	Restricted bool
	Raw        *types.Log // Blockchain specific contextual infos
}

const DataMarketRestrictedSetEventName = "RestrictedSet"

// ContractEventName returns the user-defined event name.
func (DataMarketRestrictedSet) ContractEventName() string {
	return DataMarketRestrictedSetEventName
}

// UnpackRestrictedSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event RestrictedSet(uint64 indexed stream, bool restricted)
func (dataMarket *DataMarket) UnpackRestrictedSetEvent(log *types.Log) (*DataMarketRestrictedSet, error) {
	event := "RestrictedSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketRestrictedSet)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketReviewOpened represents a ReviewOpened event raised by the DataMarket contract.
type DataMarketReviewOpened struct {
	Stream   uint64
	Round    uint32
	Deadline *big.Int
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketReviewOpenedEventName = "ReviewOpened"

// ContractEventName returns the user-defined event name.
func (DataMarketReviewOpened) ContractEventName() string {
	return DataMarketReviewOpenedEventName
}

// UnpackReviewOpenedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event ReviewOpened(uint64 indexed stream, uint32 indexed round, uint40 deadline)
func (dataMarket *DataMarket) UnpackReviewOpenedEvent(log *types.Log) (*DataMarketReviewOpened, error) {
	event := "ReviewOpened"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketReviewOpened)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketRoundExpired represents a RoundExpired event raised by the DataMarket contract.
type DataMarketRoundExpired struct {
	Stream uint64
	Round  uint32
	State  uint8
	Raw    *types.Log // Blockchain specific contextual infos
}

const DataMarketRoundExpiredEventName = "RoundExpired"

// ContractEventName returns the user-defined event name.
func (DataMarketRoundExpired) ContractEventName() string {
	return DataMarketRoundExpiredEventName
}

// UnpackRoundExpiredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event RoundExpired(uint64 indexed stream, uint32 indexed round, uint8 state)
func (dataMarket *DataMarket) UnpackRoundExpiredEvent(log *types.Log) (*DataMarketRoundExpired, error) {
	event := "RoundExpired"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketRoundExpired)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketRuled represents a Ruled event raised by the DataMarket contract.
type DataMarketRuled struct {
	Stream     uint64
	Round      uint32
	Upheld     bool
	RulingHash [32]byte
	Raw        *types.Log // Blockchain specific contextual infos
}

const DataMarketRuledEventName = "Ruled"

// ContractEventName returns the user-defined event name.
func (DataMarketRuled) ContractEventName() string {
	return DataMarketRuledEventName
}

// UnpackRuledEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Ruled(uint64 indexed stream, uint32 indexed round, bool upheld, bytes32 rulingHash)
func (dataMarket *DataMarket) UnpackRuledEvent(log *types.Log) (*DataMarketRuled, error) {
	event := "Ruled"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketRuled)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketSettled represents a Settled event raised by the DataMarket contract.
type DataMarketSettled struct {
	Purchase  uint64
	Delivered uint32
	Gross     *big.Int
	Raw       *types.Log // Blockchain specific contextual infos
}

const DataMarketSettledEventName = "Settled"

// ContractEventName returns the user-defined event name.
func (DataMarketSettled) ContractEventName() string {
	return DataMarketSettledEventName
}

// UnpackSettledEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Settled(uint64 indexed purchase, uint32 delivered, uint256 gross)
func (dataMarket *DataMarket) UnpackSettledEvent(log *types.Log) (*DataMarketSettled, error) {
	event := "Settled"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketSettled)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketSettlementRoot represents a SettlementRoot event raised by the DataMarket contract.
type DataMarketSettlementRoot struct {
	Operator uint64
	Root     [32]byte
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketSettlementRootEventName = "SettlementRoot"

// ContractEventName returns the user-defined event name.
func (DataMarketSettlementRoot) ContractEventName() string {
	return DataMarketSettlementRootEventName
}

// UnpackSettlementRootEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event SettlementRoot(uint64 indexed operator, bytes32 root)
func (dataMarket *DataMarket) UnpackSettlementRootEvent(log *types.Log) (*DataMarketSettlementRoot, error) {
	event := "SettlementRoot"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketSettlementRoot)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketSignerSet represents a SignerSet event raised by the DataMarket contract.
type DataMarketSignerSet struct {
	Operator uint64
	Signer   common.Address
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketSignerSetEventName = "SignerSet"

// ContractEventName returns the user-defined event name.
func (DataMarketSignerSet) ContractEventName() string {
	return DataMarketSignerSetEventName
}

// UnpackSignerSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event SignerSet(uint64 indexed operator, address signer)
func (dataMarket *DataMarket) UnpackSignerSetEvent(log *types.Log) (*DataMarketSignerSet, error) {
	event := "SignerSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketSignerSet)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketStakeAdded represents a StakeAdded event raised by the DataMarket contract.
type DataMarketStakeAdded struct {
	Stream uint64
	Amount *big.Int
	Stake  *big.Int
	Raw    *types.Log // Blockchain specific contextual infos
}

const DataMarketStakeAddedEventName = "StakeAdded"

// ContractEventName returns the user-defined event name.
func (DataMarketStakeAdded) ContractEventName() string {
	return DataMarketStakeAddedEventName
}

// UnpackStakeAddedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StakeAdded(uint64 indexed stream, uint96 amount, uint96 stake)
func (dataMarket *DataMarket) UnpackStakeAddedEvent(log *types.Log) (*DataMarketStakeAdded, error) {
	event := "StakeAdded"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketStakeAdded)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketStakeWithdrawn represents a StakeWithdrawn event raised by the DataMarket contract.
type DataMarketStakeWithdrawn struct {
	Stream uint64
	Amount *big.Int
	Raw    *types.Log // Blockchain specific contextual infos
}

const DataMarketStakeWithdrawnEventName = "StakeWithdrawn"

// ContractEventName returns the user-defined event name.
func (DataMarketStakeWithdrawn) ContractEventName() string {
	return DataMarketStakeWithdrawnEventName
}

// UnpackStakeWithdrawnEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StakeWithdrawn(uint64 indexed stream, uint96 amount)
func (dataMarket *DataMarket) UnpackStakeWithdrawnEvent(log *types.Log) (*DataMarketStakeWithdrawn, error) {
	event := "StakeWithdrawn"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketStakeWithdrawn)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketStreamClosed represents a StreamClosed event raised by the DataMarket contract.
type DataMarketStreamClosed struct {
	Stream   uint64
	UnbondAt *big.Int
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketStreamClosedEventName = "StreamClosed"

// ContractEventName returns the user-defined event name.
func (DataMarketStreamClosed) ContractEventName() string {
	return DataMarketStreamClosedEventName
}

// UnpackStreamClosedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StreamClosed(uint64 indexed stream, uint40 unbondAt)
func (dataMarket *DataMarket) UnpackStreamClosedEvent(log *types.Log) (*DataMarketStreamClosed, error) {
	event := "StreamClosed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketStreamClosed)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketStreamListed represents a StreamListed event raised by the DataMarket contract.
type DataMarketStreamListed struct {
	Stream      uint64
	Operator    uint64
	Owner       common.Address
	Device      [32]byte
	Price       *big.Int
	Interval    uint32
	MinDuration uint32
	Terms       [32]byte
	Stake       *big.Int
	ProofKind   uint8
	Parents     []uint64
	Raw         *types.Log // Blockchain specific contextual infos
}

const DataMarketStreamListedEventName = "StreamListed"

// ContractEventName returns the user-defined event name.
func (DataMarketStreamListed) ContractEventName() string {
	return DataMarketStreamListedEventName
}

// UnpackStreamListedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StreamListed(uint64 indexed stream, uint64 indexed operator, address indexed owner, bytes32 device, uint40 price, uint32 interval, uint32 minDuration, bytes32 terms, uint96 stake, uint8 proofKind, uint64[] parents)
func (dataMarket *DataMarket) UnpackStreamListedEvent(log *types.Log) (*DataMarketStreamListed, error) {
	event := "StreamListed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketStreamListed)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketStreamRetired represents a StreamRetired event raised by the DataMarket contract.
type DataMarketStreamRetired struct {
	Stream   uint64
	UnbondAt *big.Int
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketStreamRetiredEventName = "StreamRetired"

// ContractEventName returns the user-defined event name.
func (DataMarketStreamRetired) ContractEventName() string {
	return DataMarketStreamRetiredEventName
}

// UnpackStreamRetiredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StreamRetired(uint64 indexed stream, uint40 unbondAt)
func (dataMarket *DataMarket) UnpackStreamRetiredEvent(log *types.Log) (*DataMarketStreamRetired, error) {
	event := "StreamRetired"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketStreamRetired)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketTermsSet represents a TermsSet event raised by the DataMarket contract.
type DataMarketTermsSet struct {
	Stream uint64
	Terms  [32]byte
	Raw    *types.Log // Blockchain specific contextual infos
}

const DataMarketTermsSetEventName = "TermsSet"

// ContractEventName returns the user-defined event name.
func (DataMarketTermsSet) ContractEventName() string {
	return DataMarketTermsSetEventName
}

// UnpackTermsSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event TermsSet(uint64 indexed stream, bytes32 terms)
func (dataMarket *DataMarket) UnpackTermsSetEvent(log *types.Log) (*DataMarketTermsSet, error) {
	event := "TermsSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketTermsSet)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketUnpaused represents a Unpaused event raised by the DataMarket contract.
type DataMarketUnpaused struct {
	Account common.Address
	Raw     *types.Log // Blockchain specific contextual infos
}

const DataMarketUnpausedEventName = "Unpaused"

// ContractEventName returns the user-defined event name.
func (DataMarketUnpaused) ContractEventName() string {
	return DataMarketUnpausedEventName
}

// UnpackUnpausedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Unpaused(address account)
func (dataMarket *DataMarket) UnpackUnpausedEvent(log *types.Log) (*DataMarketUnpaused, error) {
	event := "Unpaused"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketUnpaused)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// DataMarketWithdrawn represents a Withdrawn event raised by the DataMarket contract.
type DataMarketWithdrawn struct {
	Account common.Address
	To      common.Address
	Amount  *big.Int
	Raw     *types.Log // Blockchain specific contextual infos
}

const DataMarketWithdrawnEventName = "Withdrawn"

// ContractEventName returns the user-defined event name.
func (DataMarketWithdrawn) ContractEventName() string {
	return DataMarketWithdrawnEventName
}

// UnpackWithdrawnEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Withdrawn(address indexed account, address to, uint256 amount)
func (dataMarket *DataMarket) UnpackWithdrawnEvent(log *types.Log) (*DataMarketWithdrawn, error) {
	event := "Withdrawn"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketWithdrawn)
	if len(log.Data) > 0 {
		if err := dataMarket.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range dataMarket.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (dataMarket *DataMarket) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["AddressEmptyCode"].ID.Bytes()[:4]) {
		return dataMarket.UnpackAddressEmptyCodeError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_BadState"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesBadStateError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_NotArbiter"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesNotArbiterError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_NothingToRedeem"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesNothingToRedeemError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_TooEarly"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesTooEarlyError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_TooLate"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesTooLateError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_Twice"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesTwiceError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["EnforcedPause"].ID.Bytes()[:4]) {
		return dataMarket.UnpackEnforcedPauseError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["ExpectedPause"].ID.Bytes()[:4]) {
		return dataMarket.UnpackExpectedPauseError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["FailedCall"].ID.Bytes()[:4]) {
		return dataMarket.UnpackFailedCallError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["InvalidShortString"].ID.Bytes()[:4]) {
		return dataMarket.UnpackInvalidShortStringError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_BadConfig"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketBadConfigError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_NotGuardian"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketNotGuardianError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_NothingToWithdraw"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketNothingToWithdrawError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_PulledLess"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketPulledLessError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_NotAdmin"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsNotAdminError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_Unknown"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsUnknownError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_ZeroAddress"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsZeroAddressError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["OwnableInvalidOwner"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOwnableInvalidOwnerError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["OwnableUnauthorizedAccount"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOwnableUnauthorizedAccountError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_AboveQuota"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesAboveQuotaError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_AboveRate"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesAboveRateError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_BadDuration"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesBadDurationError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_BadSignature"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesBadSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_BadState"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesBadStateError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_ClaimExpired"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesClaimExpiredError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_NotAllowed"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesNotAllowedError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_NotBuyer"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesNotBuyerError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_NotOver"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesNotOverError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_NotSigner"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesNotSignerError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_OfferChanged"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesOfferChangedError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_Over"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesOverError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_TermsChanged"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesTermsChangedError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_TooDear"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesTooDearError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_WrongOperator"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesWrongOperatorError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["ReentrancyGuardReentrantCall"].ID.Bytes()[:4]) {
		return dataMarket.UnpackReentrancyGuardReentrantCallError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["SafeERC20FailedOperation"].ID.Bytes()[:4]) {
		return dataMarket.UnpackSafeERC20FailedOperationError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_BadInterval"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsBadIntervalError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_BadNonce"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsBadNonceError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_BadPrice"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsBadPriceError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_BadSignature"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsBadSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_BadState"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsBadStateError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_ClaimExpired"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsClaimExpiredError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_DeviceListed"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsDeviceListedError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_NotOperator"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsNotOperatorError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_NotOwner"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsNotOwnerError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_ParentNotRunning"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsParentNotRunningError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_RoundOpen"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsRoundOpenError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_StakeTooSmall"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsStakeTooSmallError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_TooMany"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsTooManyError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_Unbonding"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsUnbondingError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["StringTooLong"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStringTooLongError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// DataMarketAddressEmptyCode represents a AddressEmptyCode error raised by the DataMarket contract.
type DataMarketAddressEmptyCode struct {
	Target common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AddressEmptyCode(address target)
func DataMarketAddressEmptyCodeErrorID() common.Hash {
	return common.HexToHash("0x9996b315c842ff135b8fc4a08ad5df1c344efbc03d2687aecc0678050d2aac89")
}

// UnpackAddressEmptyCodeError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AddressEmptyCode(address target)
func (dataMarket *DataMarket) UnpackAddressEmptyCodeError(raw []byte) (*DataMarketAddressEmptyCode, error) {
	out := new(DataMarketAddressEmptyCode)
	if err := dataMarket.abi.UnpackIntoInterface(out, "AddressEmptyCode", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketChallengesBadState represents a Challenges_BadState error raised by the DataMarket contract.
type DataMarketChallengesBadState struct {
	Expected uint8
	Actual   uint8
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_BadState(uint8 expected, uint8 actual)
func DataMarketChallengesBadStateErrorID() common.Hash {
	return common.HexToHash("0xb0becf0878f31305abb10240cdc3e021f96491c8e8dab0fa170a1eadae8ce800")
}

// UnpackChallengesBadStateError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_BadState(uint8 expected, uint8 actual)
func (dataMarket *DataMarket) UnpackChallengesBadStateError(raw []byte) (*DataMarketChallengesBadState, error) {
	out := new(DataMarketChallengesBadState)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_BadState", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketChallengesNotArbiter represents a Challenges_NotArbiter error raised by the DataMarket contract.
type DataMarketChallengesNotArbiter struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_NotArbiter(address expected, address actual)
func DataMarketChallengesNotArbiterErrorID() common.Hash {
	return common.HexToHash("0x8ae8614bbee79b1f9ce953d137fc4a8b635c69e8991771a61799ee70b21ea480")
}

// UnpackChallengesNotArbiterError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_NotArbiter(address expected, address actual)
func (dataMarket *DataMarket) UnpackChallengesNotArbiterError(raw []byte) (*DataMarketChallengesNotArbiter, error) {
	out := new(DataMarketChallengesNotArbiter)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_NotArbiter", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketChallengesNothingToRedeem represents a Challenges_NothingToRedeem error raised by the DataMarket contract.
type DataMarketChallengesNothingToRedeem struct {
	Challenger common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_NothingToRedeem(address challenger)
func DataMarketChallengesNothingToRedeemErrorID() common.Hash {
	return common.HexToHash("0xcb9a57fd0a592d4367592358001e563b7760d8bb404d729992f1c836cac6b9e0")
}

// UnpackChallengesNothingToRedeemError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_NothingToRedeem(address challenger)
func (dataMarket *DataMarket) UnpackChallengesNothingToRedeemError(raw []byte) (*DataMarketChallengesNothingToRedeem, error) {
	out := new(DataMarketChallengesNothingToRedeem)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_NothingToRedeem", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketChallengesTooEarly represents a Challenges_TooEarly error raised by the DataMarket contract.
type DataMarketChallengesTooEarly struct {
	From   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_TooEarly(uint256 from, uint256 actual)
func DataMarketChallengesTooEarlyErrorID() common.Hash {
	return common.HexToHash("0xb7533225597e962c9086fa833120a52d5fe7b20681fff073f34d77cc059cb876")
}

// UnpackChallengesTooEarlyError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_TooEarly(uint256 from, uint256 actual)
func (dataMarket *DataMarket) UnpackChallengesTooEarlyError(raw []byte) (*DataMarketChallengesTooEarly, error) {
	out := new(DataMarketChallengesTooEarly)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_TooEarly", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketChallengesTooLate represents a Challenges_TooLate error raised by the DataMarket contract.
type DataMarketChallengesTooLate struct {
	Deadline *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_TooLate(uint256 deadline, uint256 actual)
func DataMarketChallengesTooLateErrorID() common.Hash {
	return common.HexToHash("0x45dd1b70d14e1c391d907b579bc8b22dff1a56654ac7521c0a99b7f19ee0c4b4")
}

// UnpackChallengesTooLateError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_TooLate(uint256 deadline, uint256 actual)
func (dataMarket *DataMarket) UnpackChallengesTooLateError(raw []byte) (*DataMarketChallengesTooLate, error) {
	out := new(DataMarketChallengesTooLate)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_TooLate", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketChallengesTwice represents a Challenges_Twice error raised by the DataMarket contract.
type DataMarketChallengesTwice struct {
	Round      uint32
	Challenger common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_Twice(uint32 round, address challenger)
func DataMarketChallengesTwiceErrorID() common.Hash {
	return common.HexToHash("0xc9dc5cf5b5f53ba66e76aaf5e20fa11168200ea3dc6bf521a912145dff9d5f35")
}

// UnpackChallengesTwiceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_Twice(uint32 round, address challenger)
func (dataMarket *DataMarket) UnpackChallengesTwiceError(raw []byte) (*DataMarketChallengesTwice, error) {
	out := new(DataMarketChallengesTwice)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_Twice", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketEnforcedPause represents a EnforcedPause error raised by the DataMarket contract.
type DataMarketEnforcedPause struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error EnforcedPause()
func DataMarketEnforcedPauseErrorID() common.Hash {
	return common.HexToHash("0xd93c0665d6c96d04a8f174024fc4ddd66c250604aff22bbec808de86dd3637e3")
}

// UnpackEnforcedPauseError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error EnforcedPause()
func (dataMarket *DataMarket) UnpackEnforcedPauseError(raw []byte) (*DataMarketEnforcedPause, error) {
	out := new(DataMarketEnforcedPause)
	if err := dataMarket.abi.UnpackIntoInterface(out, "EnforcedPause", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketExpectedPause represents a ExpectedPause error raised by the DataMarket contract.
type DataMarketExpectedPause struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ExpectedPause()
func DataMarketExpectedPauseErrorID() common.Hash {
	return common.HexToHash("0x8dfc202bcfe9a735b559bee70674422512bc5c30f687046ae8778315fb81da44")
}

// UnpackExpectedPauseError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ExpectedPause()
func (dataMarket *DataMarket) UnpackExpectedPauseError(raw []byte) (*DataMarketExpectedPause, error) {
	out := new(DataMarketExpectedPause)
	if err := dataMarket.abi.UnpackIntoInterface(out, "ExpectedPause", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketFailedCall represents a FailedCall error raised by the DataMarket contract.
type DataMarketFailedCall struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error FailedCall()
func DataMarketFailedCallErrorID() common.Hash {
	return common.HexToHash("0xd6bda27508c0fb6d8a39b4b122878dab26f731a7d4e4abe711dd3731899052a4")
}

// UnpackFailedCallError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error FailedCall()
func (dataMarket *DataMarket) UnpackFailedCallError(raw []byte) (*DataMarketFailedCall, error) {
	out := new(DataMarketFailedCall)
	if err := dataMarket.abi.UnpackIntoInterface(out, "FailedCall", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketInvalidShortString represents a InvalidShortString error raised by the DataMarket contract.
type DataMarketInvalidShortString struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InvalidShortString()
func DataMarketInvalidShortStringErrorID() common.Hash {
	return common.HexToHash("0xb3512b0c6163e5f0bafab72bb631b9d58cd7a731b082f910338aa21c83d5c274")
}

// UnpackInvalidShortStringError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InvalidShortString()
func (dataMarket *DataMarket) UnpackInvalidShortStringError(raw []byte) (*DataMarketInvalidShortString, error) {
	out := new(DataMarketInvalidShortString)
	if err := dataMarket.abi.UnpackIntoInterface(out, "InvalidShortString", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketMarketBadConfig represents a Market_BadConfig error raised by the DataMarket contract.
type DataMarketMarketBadConfig struct {
	Rule *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Market_BadConfig(uint256 rule)
func DataMarketMarketBadConfigErrorID() common.Hash {
	return common.HexToHash("0x1a1827ea811776c29b5ef73a3b63c247532c3f2fcd3994fe3058ff8c42c242dc")
}

// UnpackMarketBadConfigError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Market_BadConfig(uint256 rule)
func (dataMarket *DataMarket) UnpackMarketBadConfigError(raw []byte) (*DataMarketMarketBadConfig, error) {
	out := new(DataMarketMarketBadConfig)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Market_BadConfig", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketMarketNotGuardian represents a Market_NotGuardian error raised by the DataMarket contract.
type DataMarketMarketNotGuardian struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Market_NotGuardian(address expected, address actual)
func DataMarketMarketNotGuardianErrorID() common.Hash {
	return common.HexToHash("0x23598ac90ba5e5d3c0f3412d2fca0a97e9891655cd84e682d00807313e783fbd")
}

// UnpackMarketNotGuardianError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Market_NotGuardian(address expected, address actual)
func (dataMarket *DataMarket) UnpackMarketNotGuardianError(raw []byte) (*DataMarketMarketNotGuardian, error) {
	out := new(DataMarketMarketNotGuardian)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Market_NotGuardian", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketMarketNothingToWithdraw represents a Market_NothingToWithdraw error raised by the DataMarket contract.
type DataMarketMarketNothingToWithdraw struct {
	Account common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Market_NothingToWithdraw(address account)
func DataMarketMarketNothingToWithdrawErrorID() common.Hash {
	return common.HexToHash("0x69f9ff72634e6337e0db0cb8333297d929a2b83402f2a990a3ca56e8020f42c1")
}

// UnpackMarketNothingToWithdrawError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Market_NothingToWithdraw(address account)
func (dataMarket *DataMarket) UnpackMarketNothingToWithdrawError(raw []byte) (*DataMarketMarketNothingToWithdraw, error) {
	out := new(DataMarketMarketNothingToWithdraw)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Market_NothingToWithdraw", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketMarketPulledLess represents a Market_PulledLess error raised by the DataMarket contract.
type DataMarketMarketPulledLess struct {
	Expected *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Market_PulledLess(uint256 expected, uint256 actual)
func DataMarketMarketPulledLessErrorID() common.Hash {
	return common.HexToHash("0x82639976cfd38f037a439003066ef25f1bcc29eb3fbfd51273938c400f567664")
}

// UnpackMarketPulledLessError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Market_PulledLess(uint256 expected, uint256 actual)
func (dataMarket *DataMarket) UnpackMarketPulledLessError(raw []byte) (*DataMarketMarketPulledLess, error) {
	out := new(DataMarketMarketPulledLess)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Market_PulledLess", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOperatorsNotAdmin represents a Operators_NotAdmin error raised by the DataMarket contract.
type DataMarketOperatorsNotAdmin struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_NotAdmin(address expected, address actual)
func DataMarketOperatorsNotAdminErrorID() common.Hash {
	return common.HexToHash("0x8a316634edd38a94986de18a22c2965c3f4e421f95ad47c8f83a1a4c838ff0fb")
}

// UnpackOperatorsNotAdminError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_NotAdmin(address expected, address actual)
func (dataMarket *DataMarket) UnpackOperatorsNotAdminError(raw []byte) (*DataMarketOperatorsNotAdmin, error) {
	out := new(DataMarketOperatorsNotAdmin)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Operators_NotAdmin", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOperatorsUnknown represents a Operators_Unknown error raised by the DataMarket contract.
type DataMarketOperatorsUnknown struct {
	Operator uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_Unknown(uint64 operator)
func DataMarketOperatorsUnknownErrorID() common.Hash {
	return common.HexToHash("0xe588d7068c32c3987147589967c185d942b8db368f5ae1cfbece7d26bfc19174")
}

// UnpackOperatorsUnknownError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_Unknown(uint64 operator)
func (dataMarket *DataMarket) UnpackOperatorsUnknownError(raw []byte) (*DataMarketOperatorsUnknown, error) {
	out := new(DataMarketOperatorsUnknown)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Operators_Unknown", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOperatorsZeroAddress represents a Operators_ZeroAddress error raised by the DataMarket contract.
type DataMarketOperatorsZeroAddress struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_ZeroAddress()
func DataMarketOperatorsZeroAddressErrorID() common.Hash {
	return common.HexToHash("0x16ab10a9e1e9f7fdec4041344f2db23f69152d90bf196308123e1353f86797a9")
}

// UnpackOperatorsZeroAddressError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_ZeroAddress()
func (dataMarket *DataMarket) UnpackOperatorsZeroAddressError(raw []byte) (*DataMarketOperatorsZeroAddress, error) {
	out := new(DataMarketOperatorsZeroAddress)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Operators_ZeroAddress", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOwnableInvalidOwner represents a OwnableInvalidOwner error raised by the DataMarket contract.
type DataMarketOwnableInvalidOwner struct {
	Owner common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error OwnableInvalidOwner(address owner)
func DataMarketOwnableInvalidOwnerErrorID() common.Hash {
	return common.HexToHash("0x1e4fbdf7f3ef8bcaa855599e3abf48b232380f183f08f6f813d9ffa5bd585188")
}

// UnpackOwnableInvalidOwnerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error OwnableInvalidOwner(address owner)
func (dataMarket *DataMarket) UnpackOwnableInvalidOwnerError(raw []byte) (*DataMarketOwnableInvalidOwner, error) {
	out := new(DataMarketOwnableInvalidOwner)
	if err := dataMarket.abi.UnpackIntoInterface(out, "OwnableInvalidOwner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOwnableUnauthorizedAccount represents a OwnableUnauthorizedAccount error raised by the DataMarket contract.
type DataMarketOwnableUnauthorizedAccount struct {
	Account common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error OwnableUnauthorizedAccount(address account)
func DataMarketOwnableUnauthorizedAccountErrorID() common.Hash {
	return common.HexToHash("0x118cdaa7a341953d1887a2245fd6665d741c67c8c50581daa59e1d03373fa188")
}

// UnpackOwnableUnauthorizedAccountError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error OwnableUnauthorizedAccount(address account)
func (dataMarket *DataMarket) UnpackOwnableUnauthorizedAccountError(raw []byte) (*DataMarketOwnableUnauthorizedAccount, error) {
	out := new(DataMarketOwnableUnauthorizedAccount)
	if err := dataMarket.abi.UnpackIntoInterface(out, "OwnableUnauthorizedAccount", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesAboveQuota represents a Purchases_AboveQuota error raised by the DataMarket contract.
type DataMarketPurchasesAboveQuota struct {
	Purchase uint64
	Most     *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_AboveQuota(uint64 purchase, uint256 most, uint256 actual)
func DataMarketPurchasesAboveQuotaErrorID() common.Hash {
	return common.HexToHash("0xe7fa7ff2b719fbdebfdc0f44366ae5f4f24dc2570dedbec6454292784c4104a9")
}

// UnpackPurchasesAboveQuotaError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_AboveQuota(uint64 purchase, uint256 most, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesAboveQuotaError(raw []byte) (*DataMarketPurchasesAboveQuota, error) {
	out := new(DataMarketPurchasesAboveQuota)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_AboveQuota", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesAboveRate represents a Purchases_AboveRate error raised by the DataMarket contract.
type DataMarketPurchasesAboveRate struct {
	Purchase uint64
	Most     *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_AboveRate(uint64 purchase, uint256 most, uint256 actual)
func DataMarketPurchasesAboveRateErrorID() common.Hash {
	return common.HexToHash("0xbd8a1a7a267d59aefc7f5c9985981d8061b23c3327143647674ef93e251b0f60")
}

// UnpackPurchasesAboveRateError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_AboveRate(uint64 purchase, uint256 most, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesAboveRateError(raw []byte) (*DataMarketPurchasesAboveRate, error) {
	out := new(DataMarketPurchasesAboveRate)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_AboveRate", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesBadDuration represents a Purchases_BadDuration error raised by the DataMarket contract.
type DataMarketPurchasesBadDuration struct {
	Least  *big.Int
	Most   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_BadDuration(uint256 least, uint256 most, uint256 actual)
func DataMarketPurchasesBadDurationErrorID() common.Hash {
	return common.HexToHash("0x000776b8de4f5f4ea371cd7c800c38643684a4d552fa96515456614247010142")
}

// UnpackPurchasesBadDurationError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_BadDuration(uint256 least, uint256 most, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesBadDurationError(raw []byte) (*DataMarketPurchasesBadDuration, error) {
	out := new(DataMarketPurchasesBadDuration)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_BadDuration", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesBadSignature represents a Purchases_BadSignature error raised by the DataMarket contract.
type DataMarketPurchasesBadSignature struct {
	Expected common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_BadSignature(address expected)
func DataMarketPurchasesBadSignatureErrorID() common.Hash {
	return common.HexToHash("0x666bc195c8e202bac3701648b4d1d58c511c7cadd5883f16ed8e6f581d047a9f")
}

// UnpackPurchasesBadSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_BadSignature(address expected)
func (dataMarket *DataMarket) UnpackPurchasesBadSignatureError(raw []byte) (*DataMarketPurchasesBadSignature, error) {
	out := new(DataMarketPurchasesBadSignature)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_BadSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesBadState represents a Purchases_BadState error raised by the DataMarket contract.
type DataMarketPurchasesBadState struct {
	Expected uint8
	Actual   uint8
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_BadState(uint8 expected, uint8 actual)
func DataMarketPurchasesBadStateErrorID() common.Hash {
	return common.HexToHash("0x3ce015a3f7f9a8dc1a046388d3d28a2b828272e93079dc38a61a9c078bf5a8b2")
}

// UnpackPurchasesBadStateError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_BadState(uint8 expected, uint8 actual)
func (dataMarket *DataMarket) UnpackPurchasesBadStateError(raw []byte) (*DataMarketPurchasesBadState, error) {
	out := new(DataMarketPurchasesBadState)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_BadState", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesClaimExpired represents a Purchases_ClaimExpired error raised by the DataMarket contract.
type DataMarketPurchasesClaimExpired struct {
	Deadline *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_ClaimExpired(uint256 deadline, uint256 actual)
func DataMarketPurchasesClaimExpiredErrorID() common.Hash {
	return common.HexToHash("0x70d2e5d7d362f91ddfc5bb190656357d48f51260be0be730a060933d06656c51")
}

// UnpackPurchasesClaimExpiredError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_ClaimExpired(uint256 deadline, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesClaimExpiredError(raw []byte) (*DataMarketPurchasesClaimExpired, error) {
	out := new(DataMarketPurchasesClaimExpired)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_ClaimExpired", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesNotAllowed represents a Purchases_NotAllowed error raised by the DataMarket contract.
type DataMarketPurchasesNotAllowed struct {
	Buyer common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_NotAllowed(address buyer)
func DataMarketPurchasesNotAllowedErrorID() common.Hash {
	return common.HexToHash("0x26ffd39424235408d15eca46dd56cc91acfccab256614fc72fea17a442f845e6")
}

// UnpackPurchasesNotAllowedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_NotAllowed(address buyer)
func (dataMarket *DataMarket) UnpackPurchasesNotAllowedError(raw []byte) (*DataMarketPurchasesNotAllowed, error) {
	out := new(DataMarketPurchasesNotAllowed)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_NotAllowed", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesNotBuyer represents a Purchases_NotBuyer error raised by the DataMarket contract.
type DataMarketPurchasesNotBuyer struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_NotBuyer(address expected, address actual)
func DataMarketPurchasesNotBuyerErrorID() common.Hash {
	return common.HexToHash("0xf360e9ec932dd8c04e1ee834e363e4735b80d19da9d7584db1798b8e70e05aff")
}

// UnpackPurchasesNotBuyerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_NotBuyer(address expected, address actual)
func (dataMarket *DataMarket) UnpackPurchasesNotBuyerError(raw []byte) (*DataMarketPurchasesNotBuyer, error) {
	out := new(DataMarketPurchasesNotBuyer)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_NotBuyer", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesNotOver represents a Purchases_NotOver error raised by the DataMarket contract.
type DataMarketPurchasesNotOver struct {
	From   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_NotOver(uint256 from, uint256 actual)
func DataMarketPurchasesNotOverErrorID() common.Hash {
	return common.HexToHash("0xfbbba1b7a770b096ccd880963cc64e6a1e75cdcfd34686ce85e0a3edcca08c58")
}

// UnpackPurchasesNotOverError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_NotOver(uint256 from, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesNotOverError(raw []byte) (*DataMarketPurchasesNotOver, error) {
	out := new(DataMarketPurchasesNotOver)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_NotOver", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesNotSigner represents a Purchases_NotSigner error raised by the DataMarket contract.
type DataMarketPurchasesNotSigner struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_NotSigner(address expected, address actual)
func DataMarketPurchasesNotSignerErrorID() common.Hash {
	return common.HexToHash("0x13ceac1f75ba7305c1209503e4533fbe4fc55de0f1be804ff3792c64471fecd3")
}

// UnpackPurchasesNotSignerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_NotSigner(address expected, address actual)
func (dataMarket *DataMarket) UnpackPurchasesNotSignerError(raw []byte) (*DataMarketPurchasesNotSigner, error) {
	out := new(DataMarketPurchasesNotSigner)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_NotSigner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesOfferChanged represents a Purchases_OfferChanged error raised by the DataMarket contract.
type DataMarketPurchasesOfferChanged struct {
	Expected *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_OfferChanged(uint256 expected, uint256 actual)
func DataMarketPurchasesOfferChangedErrorID() common.Hash {
	return common.HexToHash("0x6c493c60cc66f0d2bf8fedc737791aed85aa912126b067523bbddd63e660b9f4")
}

// UnpackPurchasesOfferChangedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_OfferChanged(uint256 expected, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesOfferChangedError(raw []byte) (*DataMarketPurchasesOfferChanged, error) {
	out := new(DataMarketPurchasesOfferChanged)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_OfferChanged", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesOver represents a Purchases_Over error raised by the DataMarket contract.
type DataMarketPurchasesOver struct {
	End    *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_Over(uint256 end, uint256 actual)
func DataMarketPurchasesOverErrorID() common.Hash {
	return common.HexToHash("0x5ff8608fba09718e04ce09c7535945c9edb5c96f609a67a5468eaa717a2ec945")
}

// UnpackPurchasesOverError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_Over(uint256 end, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesOverError(raw []byte) (*DataMarketPurchasesOver, error) {
	out := new(DataMarketPurchasesOver)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_Over", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesTermsChanged represents a Purchases_TermsChanged error raised by the DataMarket contract.
type DataMarketPurchasesTermsChanged struct {
	Expected [32]byte
	Actual   [32]byte
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_TermsChanged(bytes32 expected, bytes32 actual)
func DataMarketPurchasesTermsChangedErrorID() common.Hash {
	return common.HexToHash("0x45b1aa2e46bc8573f103272db1ac9dd06904346b445535f85ea3950fd43f4938")
}

// UnpackPurchasesTermsChangedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_TermsChanged(bytes32 expected, bytes32 actual)
func (dataMarket *DataMarket) UnpackPurchasesTermsChangedError(raw []byte) (*DataMarketPurchasesTermsChanged, error) {
	out := new(DataMarketPurchasesTermsChanged)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_TermsChanged", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesTooDear represents a Purchases_TooDear error raised by the DataMarket contract.
type DataMarketPurchasesTooDear struct {
	Most   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_TooDear(uint256 most, uint256 actual)
func DataMarketPurchasesTooDearErrorID() common.Hash {
	return common.HexToHash("0x2a15e525307d518790b5e81a28568a4ca4261a6a6c95935e4354bc588f770b99")
}

// UnpackPurchasesTooDearError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_TooDear(uint256 most, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesTooDearError(raw []byte) (*DataMarketPurchasesTooDear, error) {
	out := new(DataMarketPurchasesTooDear)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_TooDear", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesWrongOperator represents a Purchases_WrongOperator error raised by the DataMarket contract.
type DataMarketPurchasesWrongOperator struct {
	Expected uint64
	Actual   uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_WrongOperator(uint64 expected, uint64 actual)
func DataMarketPurchasesWrongOperatorErrorID() common.Hash {
	return common.HexToHash("0x6000836a4f2b7bebdd87c853a2b13ed73c47c71c0e18527eeb4c982f3b74fb48")
}

// UnpackPurchasesWrongOperatorError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_WrongOperator(uint64 expected, uint64 actual)
func (dataMarket *DataMarket) UnpackPurchasesWrongOperatorError(raw []byte) (*DataMarketPurchasesWrongOperator, error) {
	out := new(DataMarketPurchasesWrongOperator)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_WrongOperator", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketReentrancyGuardReentrantCall represents a ReentrancyGuardReentrantCall error raised by the DataMarket contract.
type DataMarketReentrancyGuardReentrantCall struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ReentrancyGuardReentrantCall()
func DataMarketReentrancyGuardReentrantCallErrorID() common.Hash {
	return common.HexToHash("0x3ee5aeb571de7fc460830b4d0017439a1ca56fb0bc39062227ade4fe4a24c1ca")
}

// UnpackReentrancyGuardReentrantCallError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ReentrancyGuardReentrantCall()
func (dataMarket *DataMarket) UnpackReentrancyGuardReentrantCallError(raw []byte) (*DataMarketReentrancyGuardReentrantCall, error) {
	out := new(DataMarketReentrancyGuardReentrantCall)
	if err := dataMarket.abi.UnpackIntoInterface(out, "ReentrancyGuardReentrantCall", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketSafeERC20FailedOperation represents a SafeERC20FailedOperation error raised by the DataMarket contract.
type DataMarketSafeERC20FailedOperation struct {
	Token common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SafeERC20FailedOperation(address token)
func DataMarketSafeERC20FailedOperationErrorID() common.Hash {
	return common.HexToHash("0x5274afe73c98b4749fc91ffae6b7b574e7842cb2144a159e9377a5f20b32edf9")
}

// UnpackSafeERC20FailedOperationError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SafeERC20FailedOperation(address token)
func (dataMarket *DataMarket) UnpackSafeERC20FailedOperationError(raw []byte) (*DataMarketSafeERC20FailedOperation, error) {
	out := new(DataMarketSafeERC20FailedOperation)
	if err := dataMarket.abi.UnpackIntoInterface(out, "SafeERC20FailedOperation", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsBadInterval represents a Streams_BadInterval error raised by the DataMarket contract.
type DataMarketStreamsBadInterval struct {
	Most   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_BadInterval(uint256 most, uint256 actual)
func DataMarketStreamsBadIntervalErrorID() common.Hash {
	return common.HexToHash("0xd0caab6d73c1da8bce47bbbc173bcdba4132e28aa6efa11f3908d13b7aa16bf9")
}

// UnpackStreamsBadIntervalError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_BadInterval(uint256 most, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsBadIntervalError(raw []byte) (*DataMarketStreamsBadInterval, error) {
	out := new(DataMarketStreamsBadInterval)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_BadInterval", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsBadNonce represents a Streams_BadNonce error raised by the DataMarket contract.
type DataMarketStreamsBadNonce struct {
	Expected *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_BadNonce(uint256 expected, uint256 actual)
func DataMarketStreamsBadNonceErrorID() common.Hash {
	return common.HexToHash("0xdfbdfc96c92dc52790047b5b5a6681a02633390aff9f33af771d94955a1deaeb")
}

// UnpackStreamsBadNonceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_BadNonce(uint256 expected, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsBadNonceError(raw []byte) (*DataMarketStreamsBadNonce, error) {
	out := new(DataMarketStreamsBadNonce)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_BadNonce", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsBadPrice represents a Streams_BadPrice error raised by the DataMarket contract.
type DataMarketStreamsBadPrice struct {
	MultipleOf *big.Int
	Actual     *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_BadPrice(uint256 multipleOf, uint256 actual)
func DataMarketStreamsBadPriceErrorID() common.Hash {
	return common.HexToHash("0x0ea6a36bd981edee572af5c5de09673469ebcfdfe3b5bf056ca149661dfa132d")
}

// UnpackStreamsBadPriceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_BadPrice(uint256 multipleOf, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsBadPriceError(raw []byte) (*DataMarketStreamsBadPrice, error) {
	out := new(DataMarketStreamsBadPrice)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_BadPrice", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsBadSignature represents a Streams_BadSignature error raised by the DataMarket contract.
type DataMarketStreamsBadSignature struct {
	Expected common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_BadSignature(address expected)
func DataMarketStreamsBadSignatureErrorID() common.Hash {
	return common.HexToHash("0xab6d60175fffe16265fbf40540873888d05ee22e2d573bec59977db2b6707c54")
}

// UnpackStreamsBadSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_BadSignature(address expected)
func (dataMarket *DataMarket) UnpackStreamsBadSignatureError(raw []byte) (*DataMarketStreamsBadSignature, error) {
	out := new(DataMarketStreamsBadSignature)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_BadSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsBadState represents a Streams_BadState error raised by the DataMarket contract.
type DataMarketStreamsBadState struct {
	Expected uint8
	Actual   uint8
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_BadState(uint8 expected, uint8 actual)
func DataMarketStreamsBadStateErrorID() common.Hash {
	return common.HexToHash("0x20996fd2b7026704ccfe9ea9c47a9fa4517529851bc5695232b713dc3c845f8b")
}

// UnpackStreamsBadStateError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_BadState(uint8 expected, uint8 actual)
func (dataMarket *DataMarket) UnpackStreamsBadStateError(raw []byte) (*DataMarketStreamsBadState, error) {
	out := new(DataMarketStreamsBadState)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_BadState", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsClaimExpired represents a Streams_ClaimExpired error raised by the DataMarket contract.
type DataMarketStreamsClaimExpired struct {
	Deadline *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_ClaimExpired(uint256 deadline, uint256 actual)
func DataMarketStreamsClaimExpiredErrorID() common.Hash {
	return common.HexToHash("0x379ec8463d6a81e512cb689968a8d60df0eca73c8502bf388253a7d0014d8b52")
}

// UnpackStreamsClaimExpiredError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_ClaimExpired(uint256 deadline, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsClaimExpiredError(raw []byte) (*DataMarketStreamsClaimExpired, error) {
	out := new(DataMarketStreamsClaimExpired)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_ClaimExpired", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsDeviceListed represents a Streams_DeviceListed error raised by the DataMarket contract.
type DataMarketStreamsDeviceListed struct {
	Stream uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_DeviceListed(uint64 stream)
func DataMarketStreamsDeviceListedErrorID() common.Hash {
	return common.HexToHash("0x058c88b74340900666d3217c0b454d4421f44dc7ea35d0ef772778eca24cdcc7")
}

// UnpackStreamsDeviceListedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_DeviceListed(uint64 stream)
func (dataMarket *DataMarket) UnpackStreamsDeviceListedError(raw []byte) (*DataMarketStreamsDeviceListed, error) {
	out := new(DataMarketStreamsDeviceListed)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_DeviceListed", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsNotOperator represents a Streams_NotOperator error raised by the DataMarket contract.
type DataMarketStreamsNotOperator struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_NotOperator(address expected, address actual)
func DataMarketStreamsNotOperatorErrorID() common.Hash {
	return common.HexToHash("0x16c240b6a82c767aa41807c485dc2149bdf1405ea14c0cb985b4ea2b9746c774")
}

// UnpackStreamsNotOperatorError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_NotOperator(address expected, address actual)
func (dataMarket *DataMarket) UnpackStreamsNotOperatorError(raw []byte) (*DataMarketStreamsNotOperator, error) {
	out := new(DataMarketStreamsNotOperator)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_NotOperator", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsNotOwner represents a Streams_NotOwner error raised by the DataMarket contract.
type DataMarketStreamsNotOwner struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_NotOwner(address expected, address actual)
func DataMarketStreamsNotOwnerErrorID() common.Hash {
	return common.HexToHash("0x4c3d857af143e8734d6973624b6fe24eff6a59ae064cbcc5c4fa968d46379f26")
}

// UnpackStreamsNotOwnerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_NotOwner(address expected, address actual)
func (dataMarket *DataMarket) UnpackStreamsNotOwnerError(raw []byte) (*DataMarketStreamsNotOwner, error) {
	out := new(DataMarketStreamsNotOwner)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_NotOwner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsParentNotRunning represents a Streams_ParentNotRunning error raised by the DataMarket contract.
type DataMarketStreamsParentNotRunning struct {
	Purchase uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_ParentNotRunning(uint64 purchase)
func DataMarketStreamsParentNotRunningErrorID() common.Hash {
	return common.HexToHash("0x55ac00aa688c25f124628c31f210da35d16d45f77ca162d7e1ff265ee94115ce")
}

// UnpackStreamsParentNotRunningError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_ParentNotRunning(uint64 purchase)
func (dataMarket *DataMarket) UnpackStreamsParentNotRunningError(raw []byte) (*DataMarketStreamsParentNotRunning, error) {
	out := new(DataMarketStreamsParentNotRunning)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_ParentNotRunning", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsRoundOpen represents a Streams_RoundOpen error raised by the DataMarket contract.
type DataMarketStreamsRoundOpen struct {
	Round uint32
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_RoundOpen(uint32 round)
func DataMarketStreamsRoundOpenErrorID() common.Hash {
	return common.HexToHash("0x9959dab6e805d57f9d5ecfbf986902c5c96022af6a78366434f28e561623e797")
}

// UnpackStreamsRoundOpenError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_RoundOpen(uint32 round)
func (dataMarket *DataMarket) UnpackStreamsRoundOpenError(raw []byte) (*DataMarketStreamsRoundOpen, error) {
	out := new(DataMarketStreamsRoundOpen)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_RoundOpen", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsStakeTooSmall represents a Streams_StakeTooSmall error raised by the DataMarket contract.
type DataMarketStreamsStakeTooSmall struct {
	Expected *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_StakeTooSmall(uint256 expected, uint256 actual)
func DataMarketStreamsStakeTooSmallErrorID() common.Hash {
	return common.HexToHash("0xf37b8a74ee6fadf462eacc3dcc7482bd1cc6cc87b522040ad696cf8ab1469198")
}

// UnpackStreamsStakeTooSmallError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_StakeTooSmall(uint256 expected, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsStakeTooSmallError(raw []byte) (*DataMarketStreamsStakeTooSmall, error) {
	out := new(DataMarketStreamsStakeTooSmall)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_StakeTooSmall", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsTooMany represents a Streams_TooMany error raised by the DataMarket contract.
type DataMarketStreamsTooMany struct {
	Most   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_TooMany(uint256 most, uint256 actual)
func DataMarketStreamsTooManyErrorID() common.Hash {
	return common.HexToHash("0xf271b1c3ee9d93478298a1b0fe612315419429cc007fd0f292409f36c5422ed6")
}

// UnpackStreamsTooManyError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_TooMany(uint256 most, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsTooManyError(raw []byte) (*DataMarketStreamsTooMany, error) {
	out := new(DataMarketStreamsTooMany)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_TooMany", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStreamsUnbonding represents a Streams_Unbonding error raised by the DataMarket contract.
type DataMarketStreamsUnbonding struct {
	From   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_Unbonding(uint256 from, uint256 actual)
func DataMarketStreamsUnbondingErrorID() common.Hash {
	return common.HexToHash("0x5851d25d3c330a3ce2d8d2ba9816c415ccc42dcbd211807bb7fe2e930783d974")
}

// UnpackStreamsUnbondingError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_Unbonding(uint256 from, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsUnbondingError(raw []byte) (*DataMarketStreamsUnbonding, error) {
	out := new(DataMarketStreamsUnbonding)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_Unbonding", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketStringTooLong represents a StringTooLong error raised by the DataMarket contract.
type DataMarketStringTooLong struct {
	Str string
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error StringTooLong(string str)
func DataMarketStringTooLongErrorID() common.Hash {
	return common.HexToHash("0x305a27a93f8e33b7392df0a0f91d6fc63847395853c45991eec52dbf24d72381")
}

// UnpackStringTooLongError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error StringTooLong(string str)
func (dataMarket *DataMarket) UnpackStringTooLongError(raw []byte) (*DataMarketStringTooLong, error) {
	out := new(DataMarketStringTooLong)
	if err := dataMarket.abi.UnpackIntoInterface(out, "StringTooLong", raw); err != nil {
		return nil, err
	}
	return out, nil
}
