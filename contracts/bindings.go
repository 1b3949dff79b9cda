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
	Quorum         uint32
	Ttl            *big.Int
	ReviewMin      *big.Int
	Review         *big.Int
	Notice         *big.Int
	ClaimWindow    *big.Int
	ChallengeAfter *big.Int
	MaxTerm        uint32
	PauseMax       *big.Int
	PauseGap       *big.Int
}

// Listing is an auto generated low-level Go binding around an user-defined struct.
type Listing struct {
	Operator    *big.Int
	Device      [32]byte
	Price       *big.Int
	Interval    uint32
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
	Verified     bool
	Pending      common.Address
	Signer       common.Address
	Payout       common.Address
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
	TermsTag  [8]byte
}

// Round is an auto generated low-level Go binding around an user-defined struct.
type Round struct {
	Opened      *big.Int
	ReviewStart *big.Int
	Deadline    *big.Int
	Count       uint32
	State       uint8
	Weight      *big.Int
}

// Stream is an auto generated low-level Go binding around an user-defined struct.
type Stream struct {
	Owner      common.Address
	Operator   *big.Int
	StopAt     *big.Int
	State      uint8
	Unpaid     bool
	Device     [32]byte
	Price      *big.Int
	Interval   uint32
	Stake      *big.Int
	Round      uint32
	Restricted bool
	Terms      [32]byte
}

// Voice is an auto generated low-level Go binding around an user-defined struct.
type Voice struct {
	Weight *big.Int
	Later  bool
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
	ABI: "[{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"platform\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"guardian\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"arbiter\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"minStake\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"deposit\",\"type\":\"uint96\"},{\"internalType\":\"uint32\",\"name\":\"quorum\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"ttl\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"reviewMin\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"review\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"notice\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"claimWindow\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"challengeAfter\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"maxTerm\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"pauseMax\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"pauseGap\",\"type\":\"uint40\"}],\"internalType\":\"structConfig\",\"name\":\"c\",\"type\":\"tuple\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"}],\"name\":\"acceptAdmin\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"acceptOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"name\":\"addStake\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"address[]\",\"name\":\"buyers\",\"type\":\"address[]\"},{\"internalType\":\"bool\",\"name\":\"allowed\",\"type\":\"bool\"}],\"name\":\"allow\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"duration\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"internalType\":\"address\",\"name\":\"beneficiary\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"routeHash\",\"type\":\"bytes32\"}],\"name\":\"buy\",\"outputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"cancel\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"evidenceHash\",\"type\":\"bytes32\"}],\"name\":\"challenge\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"close\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"config\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"platform\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"guardian\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"arbiter\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"minStake\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"deposit\",\"type\":\"uint96\"},{\"internalType\":\"uint32\",\"name\":\"quorum\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"ttl\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"reviewMin\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"review\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"notice\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"claimWindow\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"challengeAfter\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"maxTerm\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"pauseMax\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"pauseGap\",\"type\":\"uint40\"}],\"internalType\":\"structConfig\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"credit\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"}],\"name\":\"deviceNonce\",\"outputs\":[{\"internalType\":\"uint32\",\"name\":\"\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"expire\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint40\",\"name\":\"newEnd\",\"type\":\"uint40\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"}],\"name\":\"extend\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"finish\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"}],\"name\":\"getOperator\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"admin\",\"type\":\"address\"},{\"internalType\":\"bool\",\"name\":\"verified\",\"type\":\"bool\"},{\"internalType\":\"address\",\"name\":\"pending\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"},{\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"}],\"internalType\":\"structOperator\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"getPurchase\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"},{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"start\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"quota\",\"type\":\"uint32\"},{\"internalType\":\"enumPurchaseState\",\"name\":\"state\",\"type\":\"uint8\"},{\"internalType\":\"bytes8\",\"name\":\"termsTag\",\"type\":\"bytes8\"}],\"internalType\":\"structPurchase\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"}],\"name\":\"getRound\",\"outputs\":[{\"components\":[{\"internalType\":\"uint40\",\"name\":\"opened\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"reviewStart\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"count\",\"type\":\"uint32\"},{\"internalType\":\"enumRoundState\",\"name\":\"state\",\"type\":\"uint8\"},{\"internalType\":\"uint96\",\"name\":\"weight\",\"type\":\"uint96\"}],\"internalType\":\"structRound\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"getStream\",\"outputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"stopAt\",\"type\":\"uint40\"},{\"internalType\":\"enumStreamState\",\"name\":\"state\",\"type\":\"uint8\"},{\"internalType\":\"bool\",\"name\":\"unpaid\",\"type\":\"bool\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"bool\",\"name\":\"restricted\",\"type\":\"bool\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"}],\"internalType\":\"structStream\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"}],\"name\":\"isAllowed\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"},{\"internalType\":\"uint8\",\"name\":\"proofKind\",\"type\":\"uint8\"},{\"internalType\":\"uint32\",\"name\":\"nonce\",\"type\":\"uint32\"},{\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"},{\"internalType\":\"bytes\",\"name\":\"operatorSig\",\"type\":\"bytes\"},{\"internalType\":\"PurchaseId[]\",\"name\":\"parents\",\"type\":\"uint64[]\"}],\"internalType\":\"structListing\",\"name\":\"l\",\"type\":\"tuple\"}],\"name\":\"list\",\"outputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"}],\"name\":\"liveStream\",\"outputs\":[{\"internalType\":\"StreamId\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes[]\",\"name\":\"data\",\"type\":\"bytes[]\"}],\"name\":\"multicall\",\"outputs\":[{\"internalType\":\"bytes[]\",\"name\":\"results\",\"type\":\"bytes[]\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"operatorCount\",\"outputs\":[{\"internalType\":\"uint40\",\"name\":\"\",\"type\":\"uint40\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"owner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pause\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pausedUntil\",\"outputs\":[{\"internalType\":\"uint40\",\"name\":\"\",\"type\":\"uint40\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pendingOwner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"purchaseCount\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"}],\"name\":\"redeem\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"},{\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"registerOperator\",\"outputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"renounceOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"bytes32\",\"name\":\"responseHash\",\"type\":\"bytes32\"}],\"name\":\"respond\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"retire\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"enumVerdict\",\"name\":\"verdict\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"rulingHash\",\"type\":\"bytes32\"}],\"name\":\"rule\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"},{\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"setOperatorMetadata\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"}],\"name\":\"setPayout\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"}],\"name\":\"setPrice\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"bool\",\"name\":\"restricted\",\"type\":\"bool\"}],\"name\":\"setRestricted\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"}],\"name\":\"setSigner\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"}],\"name\":\"setTerms\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"components\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"internalType\":\"bool\",\"name\":\"last\",\"type\":\"bool\"}],\"internalType\":\"structClaim[]\",\"name\":\"claims\",\"type\":\"tuple[]\"},{\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"}],\"name\":\"settle\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"components\":[{\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"internalType\":\"bool\",\"name\":\"last\",\"type\":\"bool\"}],\"internalType\":\"structClaim[]\",\"name\":\"claims\",\"type\":\"tuple[]\"},{\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"},{\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"},{\"internalType\":\"bytes\",\"name\":\"sig\",\"type\":\"bytes\"}],\"name\":\"settleSigned\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"streamCount\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"address\",\"name\":\"admin\",\"type\":\"address\"}],\"name\":\"transferAdmin\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"transferOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"internalType\":\"structPermit\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"usePermit\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"internalType\":\"bool\",\"name\":\"verified\",\"type\":\"bool\"},{\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"verifyOperator\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"}],\"name\":\"voiceOf\",\"outputs\":[{\"components\":[{\"internalType\":\"uint96\",\"name\":\"weight\",\"type\":\"uint96\"},{\"internalType\":\"bool\",\"name\":\"later\",\"type\":\"bool\"}],\"internalType\":\"structVoice\",\"name\":\"\",\"type\":\"tuple\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"withdraw\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"withdrawStake\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"pending\",\"type\":\"address\"}],\"name\":\"AdminOffered\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"admin\",\"type\":\"address\"}],\"name\":\"AdminSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"allowed\",\"type\":\"bool\"}],\"name\":\"AllowedSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"}],\"name\":\"Cancelled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"evidenceHash\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"weight\",\"type\":\"uint96\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"total\",\"type\":\"uint96\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"count\",\"type\":\"uint32\"}],\"name\":\"Challenged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"ClaimSkipped\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[],\"name\":\"EIP712DomainChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"quota\",\"type\":\"uint32\"}],\"name\":\"Extended\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"refund\",\"type\":\"uint256\"}],\"name\":\"Finished\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"keys\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"string\",\"name\":\"metadataURI\",\"type\":\"string\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"metadataHash\",\"type\":\"bytes32\"}],\"name\":\"OperatorMetadataSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"admin\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"}],\"name\":\"OperatorRegistered\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"verified\",\"type\":\"bool\"}],\"name\":\"OperatorVerified\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previousOwner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"OwnershipTransferStarted\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previousOwner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"OwnershipTransferred\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"until\",\"type\":\"uint40\"}],\"name\":\"Paused\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"payout\",\"type\":\"address\"}],\"name\":\"PayoutSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"}],\"name\":\"PriceSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"start\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"end\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"quota\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"routeHash\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"}],\"name\":\"Purchased\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Redeemed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"by\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"responseHash\",\"type\":\"bytes32\"}],\"name\":\"Responded\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"restricted\",\"type\":\"bool\"}],\"name\":\"RestrictedSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"from\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"deadline\",\"type\":\"uint40\"}],\"name\":\"ReviewOpened\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"enumRoundState\",\"name\":\"state\",\"type\":\"uint8\"}],\"name\":\"RoundExpired\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"enumVerdict\",\"name\":\"verdict\",\"type\":\"uint8\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"rulingHash\",\"type\":\"bytes32\"}],\"name\":\"Ruled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"PurchaseId\",\"name\":\"purchase\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"delivered\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"gross\",\"type\":\"uint256\"}],\"name\":\"Settled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"}],\"name\":\"SettlementRoot\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"}],\"name\":\"SignerSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"}],\"name\":\"StakeAdded\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"name\":\"StakeWithdrawn\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"by\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"stopAt\",\"type\":\"uint40\"}],\"name\":\"StreamClosed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":true,\"internalType\":\"OperatorId\",\"name\":\"operator\",\"type\":\"uint40\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"device\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint40\",\"name\":\"price\",\"type\":\"uint40\"},{\"indexed\":false,\"internalType\":\"uint32\",\"name\":\"interval\",\"type\":\"uint32\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint96\",\"name\":\"stake\",\"type\":\"uint96\"},{\"indexed\":false,\"internalType\":\"uint8\",\"name\":\"proofKind\",\"type\":\"uint8\"},{\"indexed\":false,\"internalType\":\"PurchaseId[]\",\"name\":\"parents\",\"type\":\"uint64[]\"}],\"name\":\"StreamListed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"StreamId\",\"name\":\"stream\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"terms\",\"type\":\"bytes32\"}],\"name\":\"TermsSet\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Withdrawn\",\"type\":\"event\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"target\",\"type\":\"address\"}],\"name\":\"AddressEmptyCode\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"enumRoundState\",\"name\":\"expected\",\"type\":\"uint8\"},{\"internalType\":\"enumRoundState\",\"name\":\"actual\",\"type\":\"uint8\"}],\"name\":\"Challenges_BadState\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"Challenges_NoVerdict\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Challenges_NotArbiter\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"Challenges_NothingPaid\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"challenger\",\"type\":\"address\"}],\"name\":\"Challenges_NothingToRedeem\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"from\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Challenges_TooEarly\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Challenges_TooLate\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"uint256\",\"name\":\"had\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Challenges_Twice\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"FailedCall\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"InvalidShortString\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"rule\",\"type\":\"uint256\"}],\"name\":\"Market_BadConfig\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Market_NotGuardian\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"Market_NothingToWithdraw\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"until\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Market_Paused\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"from\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Market_PausedLately\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"Market_PaysItself\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Market_PulledLess\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"}],\"name\":\"Operators_BadSignature\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"expected\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"actual\",\"type\":\"bytes32\"}],\"name\":\"Operators_MetadataChanged\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Operators_NotAdmin\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Operators_NotPending\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"admin\",\"type\":\"address\"}],\"name\":\"Operators_SignerIsAdmin\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint40\",\"name\":\"operator\",\"type\":\"uint40\"}],\"name\":\"Operators_Unknown\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"Operators_ZeroAddress\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"}],\"name\":\"OwnableInvalidOwner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"OwnableUnauthorizedAccount\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_BadDuration\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"end\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_BadEnd\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"enumPurchaseState\",\"name\":\"expected\",\"type\":\"uint8\"},{\"internalType\":\"enumPurchaseState\",\"name\":\"actual\",\"type\":\"uint8\"}],\"name\":\"Purchases_BadState\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_ClaimExpired\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"buyer\",\"type\":\"address\"}],\"name\":\"Purchases_NotAllowed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Purchases_NotBuyer\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"from\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_NotOver\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Purchases_NotSigner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_OfferChanged\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"end\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Purchases_Over\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"expected\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"actual\",\"type\":\"bytes32\"}],\"name\":\"Purchases_TermsChanged\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint40\",\"name\":\"expected\",\"type\":\"uint40\"},{\"internalType\":\"uint40\",\"name\":\"actual\",\"type\":\"uint40\"}],\"name\":\"Purchases_WrongOperator\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"ReentrancyGuardReentrantCall\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"}],\"name\":\"SafeERC20FailedOperation\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_BadDeadline\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_BadInterval\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_BadNonce\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"multipleOf\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_BadPrice\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"enumStreamState\",\"name\":\"expected\",\"type\":\"uint8\"},{\"internalType\":\"enumStreamState\",\"name\":\"actual\",\"type\":\"uint8\"}],\"name\":\"Streams_BadState\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"stream\",\"type\":\"uint64\"}],\"name\":\"Streams_DeviceListed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"expected\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"actual\",\"type\":\"address\"}],\"name\":\"Streams_NotOwner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"purchase\",\"type\":\"uint64\"}],\"name\":\"Streams_ParentNotRunning\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"from\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_StakeBound\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_StakeTooSmall\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"most\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"actual\",\"type\":\"uint256\"}],\"name\":\"Streams_TooMany\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"round\",\"type\":\"uint32\"},{\"internalType\":\"uint256\",\"name\":\"until\",\"type\":\"uint256\"}],\"name\":\"Streams_UnderReview\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"string\",\"name\":\"str\",\"type\":\"string\"}],\"name\":\"StringTooLong\",\"type\":\"error\"}]",
	ID:  "DataMarket",
	Bin: "0x610380806040523461085857610220816166eb80380380916100218285610ab6565b833981010312610858576040519061022082016001600160401b038111838210176109c357610171916102009160405261005a81610ad9565b845261006860208201610ad9565b602085015261007960408201610ad9565b604085015261008a60608201610ad9565b606085015261009b60808201610ad9565b60808501526100ac60a08201610aed565b60a08501526100bd60c08201610aed565b60c08501526100ce60e08201610b01565b60e08501526100e06101008201610b12565b6101008501526100f36101208201610b12565b6101208501526101066101408201610b12565b6101408501526101196101608201610b12565b61016085015261012c6101808201610b12565b61018085015261013f6101a08201610b12565b6101a08501526101526101c08201610b01565b6101c08501526101656101e08201610b12565b6101e085015201610b12565b610200820152604051610185604082610ab6565b600a81526911185d1853585c9ad95d60b21b6020820152604051916101ab604084610ab6565b60018352601960f91b6020808501919091528101516001600160a01b03168015610aa357600180546001600160a01b03199081169091555f80549182168317815560405192916001600160a01b0316907f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e09080a3606081016001600160401b038111828210176109c3576040908152828101516001600160a01b039081168352606084015181166020840152608084015116908201525f5b600381106109d75750506040516001600160401b036101008201908111908211176109c357610100810160405264ffffffffff61010083015116815264ffffffffff61012083015116602082015264ffffffffff61014083015116604082015264ffffffffff61016083015116606082015264ffffffffff61018083015116608082015264ffffffffff6101a08301511660a082015264ffffffffff6101e08301511660c082015264ffffffffff6102008301511660e08201525f5b6008811061096c57505063ffffffff6101c082015116801590811561095e575b5061094a5764ffffffffff6101208201511664ffffffffff6101408301511611156109365764ffffffffff6101808201511664ffffffffff6101a08301511611156109225764ffffffffff6101e08201511664ffffffffff610200830151161061090e5764ffffffffff6101408201511664ffffffffff61012083015116900364ffffffffff81116107f15764ffffffffff806101a084015116911610156108fa5763ffffffff60e082015116600281109081156108ef575b506108db5760c08101516001600160601b0316158015610896575b6108835780516001600160a01b03163b1561086f57805160405163313ce56760e01b815290602090829060049082906001600160a01b03165afa8015610864575f90610823575b60ff915016600681108015610819575b6108055781516001600160a01b031660805260051981019081116107f157604d81116107f15764ffffffffff9161020091600a0a60a05260018060a01b0360408201511660c05260018060a01b0360608201511660e05260018060a01b036080820151166101005260018060601b0360a0820151166101205260018060601b0360c0820151166101405263ffffffff60e0820151166101605282610100820151166101805282610120820151166101a05282610140820151166101c05282610160820151166101e05282610180820151168252826101a0820151166102205263ffffffff6101c08201511661024052826101e082015116610260520151166102805261057581610b24565b6103405261058282610b24565b6103605260208151910120908161030052602081519101208061032052466102c0526040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a081526105f560c082610ab6565b5190206102a052306102e052604051615b259081610bc68239608051818181610e8e015281816120bf015281816123ad015281816147bf0152614c02015260a0518181816107d001528181614af6015261568a015260c05181818161194a015281816120ef01528181612a2501528181614edd015261517b015260e051818181611b66015261211d0152610100518181816117b0015261214b01526101205181818161217a0152612bb8015261014051818181611917015281816121a9015281816128a801526140f90152610160518181816121d50152614226015261018051818181612202015261500e01526101a05181818161184a01528181612230015281816141d8015261509901526101c05181818161225e015261418f01526101e05181818161092501528181611484015261228c0152610200518181816122ba0152818161324101526157b30152610220518181816122e80152818161336d0152613ef701526102405181818161083a01528181610874015281816117190152818161231501528181614b540152614b87015261026051818181611c040152612343015261028051818181611ba4015261237101526102a0518161596b01526102c05181615a2801526102e05181615935015261030051816159ba015261032051816159e001526103405181611a7401526103605181611a9d0152f35b634e487b7160e01b5f52601160045260245ffd5b630d0c13f560e11b5f52600560045260245ffd5b506012811161046a565b506020813d60201161085c575b8161083d60209383610ab6565b81010312610858575160ff811681036108585760ff9061045a565b5f80fd5b3d9150610830565b6040513d5f823e3d90fd5b630d0c13f560e11b5f52600160045260245ffd5b630d0c13f560e11b5f526004805260245ffd5b5060a081015160e082015160011b6401fffffffe16906001600160601b031660c08301516001600160601b031682810292801590840490911417156107f15710610413565b630d0c13f560e11b5f52600360045260245ffd5b60149150115f6103f8565b630d0c13f560e11b5f52600b60045260245ffd5b630d0c13f560e11b5f52600a60045260245ffd5b630d0c13f560e11b5f52600960045260245ffd5b630d0c13f560e11b5f52600860045260245ffd5b630d0c13f560e11b5f52600760045260245ffd5b6301e285009150115f61033f565b64ffffffffff61097c8284610bb4565b51161580156109a6575b6109925760010161031f565b630d0c13f560e11b5f52600660045260245ffd5b506276a70064ffffffffff6109bb8385610bb4565b511611610986565b634e487b7160e01b5f52604160045260245ffd5b6001600160a01b036109e98284610b8f565b5116158015610a7c575b8015610a60575b8015610a21575b610a0d57600101610263565b630d0c13f560e11b5f52600260045260245ffd5b506001600160a01b03610a348284610b8f565b5116600182018083116107f1576001600160a01b0390610a58906003900685610b8f565b511614610a01565b506001600160a01b03610a738284610b8f565b511630146109fa565b506001600160a01b03610a8f8284610b8f565b5184516001600160a01b03169116146109f3565b631e4fbdf760e01b5f525f60045260245ffd5b601f909101601f19168101906001600160401b038211908210176109c357604052565b51906001600160a01b038216820361085857565b51906001600160601b038216820361085857565b519063ffffffff8216820361085857565b519064ffffffffff8216820361085857565b601f815111610b4f576020815191015160208210610b40571790565b5f198260200360031b1b161790565b604460209160405192839163305a27a960e01b83528160048401528051918291826024860152018484015e5f828201840152601f01601f19168101030190fd5b906003811015610ba05760051b0190565b634e487b7160e01b5f52603260045260245ffd5b906008811015610ba05760051b019056fe60806040526004361015610011575f80fd5b5f5f3560e01c8063058c8d71146139815780630716fad71461390c5780630cae073b14613782578063168cfadb146136d55780631a4c07941461358f57806322228560146134a85780632b85ed9c1461347f5780632ce7777f1461330d578063411fd3e5146132ba57806343cf2f0b146131ef5780634c125e79146131535780634ea4545b14612b5a57806351cff8d914612ac5578063550123e5146127a5578063554baa8b1461274d5780636260d60b146125c35780636cb6ca6c1461252f578063715018a6146124cc57806379502c551461201557806379ba509714611f905780637a3c91f214611ea45780637c6f315814611e7d57806382191cb714611c8d5780638456cb5914611b5457806384b0196e14611a5c578063866ce3aa14611a2f57806386853ba91461178157806389d0e1191461175b5780638ae8f7cf1461151d5780638da5cb5b146114f6578063ac18dcc814611427578063ac9650d8146112c4578063b3517e0c146111b7578063b76dc4861461112e578063bcb4b06f1461109b578063c4bdf38014610fc0578063ccd1fc7c14610f2a578063cd5db99f14610e72578063d47018f014610d91578063d5d44d8014610d58578063da748b1014610d30578063dda7a47214610c6d578063e30c397814610c44578063e65df7a014610bfb578063e6ad47f214610a0b578063f2fde38b1461099e578063f49d0638146108b3578063f6134a8014610461578063fd6fd93d1461031b578063fe7b28eb146102d25763fe9ce0051461024b575f80fd5b346102cf5760403660031901126102cf57610264613a55565b64ffffffffff610272613af5565b9161027c8161485f565b1680835260046020526040832060010180546001600160a01b0319166001600160a01b0390931692831790557f8124be1e2a0d3b3af17e487fb524f8001bbb695ff0e053a099d733e389b654338380a380f35b80fd5b50346102cf5760403660031901126102cf5763ffffffff604060209264ffffffffff6102fc613a55565b1681526009845281812060243582528452205460401c16604051908152f35b50346102cf5760403660031901126102cf57610335613a8c565b6001600160401b03610345613ab6565b918360a060405161035581613c80565b8281528260208201528260408201528260608201528260808201520152168252600b60205263ffffffff6040832091165f5260205260405f206040519061039b82613c80565b549164ffffffffff831682526020820164ffffffffff8460281c1681526040830164ffffffffff8560501c168152606084019163ffffffff8660781c16835260ff8660981c166080860194600982101561044d575060c0969364ffffffffff6104449481889563ffffffff956001600160601b039a5260a08b019860a01c8952816040519b51168b52511660208a01525116604088015251166060860152516080850190613bd4565b511660a0820152f35b634e487b7160e01b81526021600452602490fd5b50346102cf5760e03660031901126102cf5761047b613a8c565b610483613ab6565b9060443564ffffffffff811681036108af576064359163ffffffff831683036108ab5760a4356001600160a01b0381168082036108a7576104c2614788565b6104ca614a5c565b61089b575063ffffffff33945b6104e086615343565b6104ef866084358787876151e0565b16928315801561086c575b61082e5763ffffffff61056961050e613cbc565b9560018060a01b03881687526001600160401b038516602088015264ffffffffff610541828242168060608c0152613e2c565b16608088015264ffffffffff861660a088015283831660c088018190529081015f1901614a89565b1660e085015260016101008501526084356001600160c01b031916610120850152600354946105a4604087901c6001600160401b0316613db1565b6fffffffffffffffff000000000000000019909616604087811b6fffffffffffffffff000000000000000016919091176003556001600160401b0387168852600860209081528189208751918801519288015160a09390931b67ffffffffffffffff60a01b166001600160a01b03929092169190911760e09290921b6001600160e01b031916919091178155600190606087015191018054608088015164ffffffffff60281b60289190911b1664ffffffffff90931669ffffffffffffffffffff199091161791909117815560a0860151815464ffffffffff60501b191660509190911b64ffffffffff60501b1617815560c0860151815463ffffffff60781b191660789190911b63ffffffff60781b1617815560e0860151815463ffffffff60981b191660989190911b63ffffffff60981b16178155610100860151600381101561081a5764ffffffffff6107fa966107f5968a6107ce977f3231f86072a4e0f97c031b351ed3ad29aeaa315c082e27fc190d95693c5b35ba61010060209f9d996001600160401b03809163ffffffff9b6101208e60e09d83549060ff60b81b9060b81b169060ff60b81b191617835501518154908460c01b169060018060c01b03161790558c8c8b60608301511697818e8e6080860151169401511692604051998a5260208a01528c8c1660408a0152166060880152608087015260843560a087015260c43560c0870152338b87015260018060a01b03169616941692a4169201511661433f565b7f00000000000000000000000000000000000000000000000000000000000000009061433f565b614bed565b5f516020615b055f395f51905f525d6001600160401b0360405191168152f35b634e487b7160e01b89526021600452602489fd5b63f41ed50760e01b86527f000000000000000000000000000000000000000000000000000000000000000063ffffffff166004526024849052604486fd5b5063ffffffff7f00000000000000000000000000000000000000000000000000000000000000001684116104fa565b63ffffffff90946104d7565b8680fd5b8480fd5b8380fd5b50346102cf5760203660031901126102cf576108cd613a8c565b6109576001600160401b0382169182845260076020526108fa64ffffffffff604086205460a01c1661485f565b61090381614431565b828452600760205260408420805460ff60f01b1916600160f11b1790556109517f00000000000000000000000000000000000000000000000000000000000000004264ffffffffff16613e2c565b9061588b565b808252600760205264ffffffffff604083205460c81c16906040519182527f5e160f7d49e5bed34526f57276f4a49b72daafc819d4dfe64e426b22c0781e5660203393a380f35b50346102cf5760203660031901126102cf576109b8613adf565b6109c06143dd565b600180546001600160a01b0319166001600160a01b0392831690811790915582549091167f38d16b8cac22d99fc7c124b9cd0de2d3fa1faef420bfe791d8c362d765e227008380a380f35b50346102cf5760203660031901126102cf57610a25613a8c565b81604051610a3281613c64565b8181528160208201528160408201528160608201528160808201528160a08201528160c08201528160e082015281610100820152816101208201528161014082015261016001526001600160401b0316815260076020526040902060405190610a9a82613c64565b8054600160a01b600190038116835260208301918160a01c64ffffffffff168352604084018260c81c64ffffffffff1681528260f01c60ff166060860190610ae181613bbc565b8152608086019360f81c1515845260018301549360a0870194855260028401549460c088019164ffffffffff8716835260e08901938760281c63ffffffff1685526101008a01958860481c6001600160601b031687526101208b01978960a81c63ffffffff1689526101408c019960c81c60ff1615158a5260030154996101608c019a8b526040519b600160a01b600190039051168c525164ffffffffff1660208c01525164ffffffffff1660408b015251610b9c81613bbc565b60608a015251151560808901525160a08801525164ffffffffff1660c08701525163ffffffff1660e0860152516001600160601b03166101008501525163ffffffff166101208401525115156101408301525161016082015261018090f35b50346102cf5760403660031901126102cf576001600160401b03604060209264ffffffffff610c28613a55565b1681526009845281812060243582528452205416604051908152f35b50346102cf57806003193601126102cf576001546040516001600160a01b039091168152602090f35b50346102cf5760203660031901126102cf5764ffffffffff610c8d613a55565b168082526004602052604082206001810180546001600160a01b031633819003610d1a57506002820154610ccb9033906001600160a01b03166144cb565b8154336001600160a01b0319918216811784558254909116909155815460ff60a01b1916909155907f3c444b19f4d340e19b344610b92043c7446a10eb1c3e136eeeb49edd06b4d4aa8380a380f35b6314d285e560e31b855260045233602452604484fd5b50346102cf57806003193601126102cf57602064ffffffffff60035460a81c16604051908152f35b50346102cf5760203660031901126102cf576020906040906001600160a01b03610d80613adf565b168152600283522054604051908152f35b50346102cf5760403660031901126102cf57610dab613a8c565b6024356001600160601b038116908181036108af577f5e587bd893a8effe88e2d90b85d687814124dfb2d04f4ef5d60d9842751ad6b26040610e2e6001600160401b03610e5f96610dfa614788565b610e03816143f0565b610e0c81614431565b169384885260076020526001600160601b036002848a20015460481c16613e7f565b8387526007602052610e45816002848a2001613d1f565b6001600160601b03825191868352166020820152a2614bed565b805f516020615b055f395f51905f525d80f35b5034610f265760a0366003190112610f26576001600160a01b037f00000000000000000000000000000000000000000000000000000000000000001660443560ff811690818103610f265750813b15610f26575f9160e48392604051948593849263d505accf60e01b845233600485015230602485015260043560448501526024356064850152608484015260643560a484015260843560c48401525af1610f18575080f35b610f2491505f90613c9b565b005b5f80fd5b34610f26576040366003190112610f2657610f43613a8c565b7ff3fd071606bd9204247da46cd550810834a1b06a78afa3c32fc516fdb4136a9160206001600160401b03610f76613a7d565b93610f80816143f0565b610f8981614431565b165f81815260078352604090819020600201805460ff60c81b191695151560c881901b60ff60c81b169690961790555193845292a2005b34610f26576060366003190112610f2657610fd9613a8c565b6001600160401b03610fe9613ab6565b911690815f52600760205263ffffffff60405f2091825460018060a01b0381163303611082575b501690811590811561106b575b50611053576040519160443583527f2e071707ca7cd301ecf811ef8964a152042e046971587039a1dc34a99950b54760203394a4005b631617d9e160e31b5f5260016004525f60245260445ffd5b63ffffffff91506002015460a81c1681118361101d565b64ffffffffff6110959160a01c1661485f565b84611010565b34610f26576040366003190112610f26576110b4613a55565b7f08a8b10c03f3471613aad5a29f96f653d1e2917553c4ab3c453b31e895cf6380602064ffffffffff6110e5613af5565b936110ef8161485f565b6110f88561450f565b165f8181526004835260409081902060030180546001600160a01b0319166001600160a01b0390961695861790555193845292a2005b34610f26576060366003190112610f2657611147613a55565b6024356001600160401b038111610f2657611166903690600401613b38565b64ffffffffff83165f908152600460205260409020600201546001600160a01b03169291338490036111a057610f24935060443592614dfa565b836313ceac1f60e01b5f526004523360245260445ffd5b34610f26576060366003190112610f26576111d0613a8c565b6024356001600160401b038111610f26576111ef903690600401613b8c565b9091906044358015159190829003610f265761120a836143f0565b604081116112ad57916001600160401b031660ff82165f5b84811061122b57005b600190835f52600a60205260405f2061124d61124883898b6143b9565b6143c9565b838060a01b03165f5260205260405f208360ff19825416179055818060a01b0361127b61124883898b6143b9565b16847f26cbdc24beaa53af679538876cb6126dcc55599c3053917d145e392e255acf9b6020604051898152a301611222565b63f271b1c360e01b5f52604060045260245260445ffd5b34610f26576020366003190112610f26576004356001600160401b038111610f26576112f4903690600401613b8c565b6020916040516113048482613c9b565b5f815283810190601f19850136833761131c84613e48565b9261132a6040519485613c9b565b848452601f1961133986613e48565b01865f5b828110611418575050505f5b858110156113bb5760019061139f6113996113698360051b86018661435f565b91908b89846040519586948486013783018281015f81528b519283915e01015f815203601f198101835282613c9b565b306152b7565b6113a98288614391565b526113b48187614391565b5001611349565b604080518881528651818a018190525f92600582901b8301810191898c01918c9085015b8287106113ec5785850386f35b909192938280611408600193603f198a82030186528851613b68565b96019201960195929190926113df565b6060878201830152810161133d565b34610f26576020366003190112610f2657611440613a8c565b611449816143f0565b61145281614431565b6001600160401b0381165f818152600760205260409020805460ff60f01b1916600160f11b179055906114b0906109517f00000000000000000000000000000000000000000000000000000000000000004264ffffffffff16613e2c565b805f52600760205264ffffffffff60405f205460c81c16906040519182527f5e160f7d49e5bed34526f57276f4a49b72daafc819d4dfe64e426b22c0781e5660203393a3005b34610f26575f366003190112610f26575f546040516001600160a01b039091168152602090f35b34610f26576060366003190112610f2657611536613a8c565b61153e613a69565b6001600160401b0360443592611552614788565b61155a614a5c565b611563816149e1565b1690815f52600860205260405f209061157b82614a22565b600182549201938454906115bc63ffffffff8360781c1694828660018060a01b038316926001600160401b0364ffffffffff8860501c169160a01c166151e0565b6001600160c01b031982811690821681900361174657505064ffffffffff8160281c1664ffffffffff83169080821180159061170e575b6116f9575064ffffffffff821690039264ffffffffff84116116e5576116d3956107f5957fc9cca3c5f2eae79636e7d6c09999b307edcb15759c3cb27255ab942d20de7ff463ffffffff9461166a868061165e886107ce9c64ffffffffff9a8b5f1992160101614a89565b169260981c1682614325565b845463ffffffff60981b609884901b1676ffffffff000000000000000000ffffffffff00000000001990911664ffffffffff60281b60288b901b16171785556040805164ffffffffff909916895263ffffffff909216602089015296a25460501c16911661433f565b5f5f516020615b055f395f51905f525d005b634e487b7160e01b5f52601160045260245ffd5b631ebedaad60e11b5f5260045260245260445ffd5b5061173f63ffffffff7f00000000000000000000000000000000000000000000000000000000000000001642613d12565b82116115f3565b6322d8d51760e11b5f5260045260245260445ffd5b34610f26575f366003190112610f265760206001600160401b0360035416604051908152f35b34610f26576080366003190112610f265761179a613a8c565b6117a2613ab6565b6044356005811015610f26577f00000000000000000000000000000000000000000000000000000000000000006001600160a01b031633819003611a1957506117ea81613bbc565b8015611a0a576001600160401b03831692835f52600b60205260405f2063ffffffff84165f5260205260405f2092611821846146ea565b60098110156119c357600281036119ed575061187064ffffffffff855460281c1664ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001690613d12565b8042106119d7575061188183613bbc565b600460ff84160160ff81116116e55760ff1660098110156119c3576118a69085614301565b847fab99b475594e074cdc3ee02c23d401df4a825ff14226724697f54fd8ca07a4bf604063ffffffff8151946118db88613bbc565b87865260643560208701521693a36118f282613bbc565b600182036119b657505061193c63ffffffff611987925460781c166001600160601b037f00000000000000000000000000000000000000000000000000000000000000001661433f565b8060011c9060018060a01b037f0000000000000000000000000000000000000000000000000000000000000000165f52600260205260405f20611980838254613d12565b9055614352565b905f52600760205260018060a01b0360405f2054165f5260026020526119b260405f20918254613d12565b9055005b909150610f2492506150df565b634e487b7160e01b5f52602160045260245ffd5b63b753322560e01b5f526004524260245260445ffd5b631617d9e160e31b5f526002600452611a0590613bc6565b60445ffd5b63837347c960e01b5f5260045ffd5b638ae8614b60e01b5f526004523360245260445ffd5b34610f26576040366003190112610f26576116d3611a4b613a8c565b611a53614788565b60243590613e9f565b34610f26575f366003190112610f2657611af8611a987f000000000000000000000000000000000000000000000000000000000000000061584d565b611ac17f000000000000000000000000000000000000000000000000000000000000000061584d565b6020611b0660405192611ad48385613c9b565b5f84525f368137604051958695600f60f81b875260e08588015260e0870190613b68565b908582036040870152613b68565b4660608501523060808501525f60a085015283810360c08501528180845192838152019301915f5b828110611b3d57505050500390f35b835185528695509381019392810192600101611b2e565b34610f26575f366003190112610f26577f00000000000000000000000000000000000000000000000000000000000000006001600160a01b031633819003611c7757600354611bd464ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001664ffffffffff8360a81c16613d12565b804210611c61577ffae6e52f3b95f1fcc0063219ed1027cbee25808fb9f136b8e060b4f4ea6d191c602083611c307f000000000000000000000000000000000000000000000000000000000000000064ffffffffff4216613e2c565b64ffffffffff60a81b1990911660a882901b64ffffffffff60a81b161760035560405164ffffffffff9091168152a1005b63b468a45d60e01b5f526004524260245260445ffd5b6323598ac960e01b5f526004523360245260445ffd5b34610f26576020366003190112610f265764ffffffffff611cac613a55565b606060e0604051611cbc81613c48565b5f81525f60208201525f60408201525f838201525f60808201525f60a08201525f60c08201520152165f52600460205260405f20604051611cfc81613c48565b81546001600160a01b03808216835260a091821c60ff1615156020840190815260018501548216604080860191825260028701548416606087019081526003880154909416608087019081526004880154958701958652600588015460c088019081529151600690980180545f99959897959693959492939291611d7f82613df4565b8089529160018116908115611e565750600114611e1c575b5050611daa86611e1898999a0387613c9b565b60e08881019687526040805160208082529a516001600160a01b039081169b82019b909b529a511515908b01529051881660608a0152905187166080890152905190951660a08701525160c08601525192840192909252905161010080840152829190610120830190613b68565b0390f35b9099505f5260205f205f905b8a8210611e40575086016020019850611daa86611d97565b6001816020925483858c01015201910190611e28565b60ff19166020808b019190915292151560051b89019092019a50611daa9150879050611d97565b34610f26575f366003190112610f2657602064ffffffffff60035460801c16604051908152f35b34610f26576060366003190112610f2657611ebd613a8c565b611ec5613a69565b9060443563ffffffff81168103610f26576001600160401b0382611f097f1e139d9f34fcfa4d63968c62ada4898fecb024e51a39428aca754922a18dea78946143f0565b611f1281614431565b1692835f526007602052611f6f82600260405f2001611f3f6001600160601b03825460481c168386614aa7565b805468ffffffffffffffffff191664ffffffffff85161760289290921b68ffffffff000000000016919091179055565b6040805164ffffffffff92909216825263ffffffff929092166020820152a2005b34610f26575f366003190112610f2657600154336001600160a01b039091160361200257600180546001600160a01b03199081169091555f805433928116831782556001600160a01b0316907f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e09080a3005b63118cdaa760e01b5f523360045260245ffd5b34610f26575f366003190112610f26575f61020060405161203581613c2c565b8281528260208201528260408201528260608201528260808201528260a08201528260c08201528260e08201528261010082015282610120820152826101408201528261016082015282610180820152826101a0820152826101c0820152826101e0820152015261022060018060a01b035f5416604051906120b682613c2c565b60018060a01b037f0000000000000000000000000000000000000000000000000000000000000000168252602082015260018060a01b037f000000000000000000000000000000000000000000000000000000000000000016604082015260018060a01b037f000000000000000000000000000000000000000000000000000000000000000016606082015260018060a01b037f00000000000000000000000000000000000000000000000000000000000000001660808201526001600160601b037f00000000000000000000000000000000000000000000000000000000000000001660a08201526001600160601b037f00000000000000000000000000000000000000000000000000000000000000001660c082015263ffffffff7f00000000000000000000000000000000000000000000000000000000000000001660e082015264ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001661010082015264ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001661012082015264ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001661014082015264ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001661016082015264ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001661018082015264ffffffffff7f0000000000000000000000000000000000000000000000000000000000000000166101a082015263ffffffff7f0000000000000000000000000000000000000000000000000000000000000000166101c082015264ffffffffff7f0000000000000000000000000000000000000000000000000000000000000000166101e082015264ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001661020082015264ffffffffff6102006040519260018060a01b037f000000000000000000000000000000000000000000000000000000000000000016845260018060a01b03602082015116602085015260018060a01b03604082015116604085015260018060a01b03606082015116606085015260018060a01b0360808201511660808501526001600160601b0360a08201511660a08501526001600160601b0360c08201511660c085015263ffffffff60e08201511660e085015282610100820151166101008501528261012082015116610120850152826101408201511661014085015282610160820151166101608501528261018082015116610180850152826101a0820151166101a085015263ffffffff6101c0820151166101c0850152826101e0820151166101e0850152015116610200820152f35b34610f26575f366003190112610f26576124e46143dd565b600180546001600160a01b03199081169091555f80549182168155906001600160a01b03167f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e08280a3005b34610f26576040366003190112610f2657612548613a55565b7f16f03c89f8044c0057d05de0a8e698859a86ffe6b719fbc3fadec82275d32d61602064ffffffffff612579613af5565b936125838161485f565b61258d33866144cb565b165f8181526004835260409081902060020180546001600160a01b0319166001600160a01b0390961695861790555193845292a2005b34610f265760a0366003190112610f26576125dc613a55565b6024356001600160401b038111610f26576125fb903690600401613b38565b604435916064359364ffffffffff8516809503610f26576084356001600160401b038111610f2657612631903690600401613b0b565b958042116127375760405160208101908660408201602084525260608101865f5b8981106126e35750509181612679610f249b95936126de979503601f198101835282613c9b565b519020906040519060208201927f7397c103fe981fd0613a1a825a83a64651cb82e3dff30398f25b2fe99d74f051845264ffffffffff88166040840152606083015289608083015260a082015260a081526126d560c082613c9b565b51902084614d79565b614dfa565b90916001600160401b036126f684613aa2565b168152602083013563ffffffff8116809103610f26576020820152604083013590811515809203610f26576060816001936040839401520193019101612652565b6370d2e5d760e01b5f526004524260245260445ffd5b34610f26576040366003190112610f2657612766613a8c565b6001600160401b03612776613af5565b91165f52600a60205260405f209060018060a01b03165f52602052602060ff60405f2054166040519015158152f35b34610f26576060366003190112610f26576127be613a8c565b6127c6613ab6565b906001600160401b036127d7613ac9565b916127e0614788565b1690815f52600b60205260405f2063ffffffff84165f5260205260405f2092612808846146ea565b92805f52600c60205260405f2063ffffffff83165f5260205260405f2060018060a01b0384165f5260205260405f20946040519561284587613c11565b54956001600160601b03871680825260ff602083019860601c1615158852158015612ab1575b8015612a9e575b612a80575f838152600c6020908152604080832063ffffffff8816845282528083206001600160a01b03891684529091528120557f00000000000000000000000000000000000000000000000000000000000000006001600160601b03169560098110156119c35760068114908115612a75575b50612937575b50506040518481526116d395506001600160a01b0384169263ffffffff1691907f5d8bcab44791db3fb5082d7afeedaf32d20250eaca2de724819e7074efb1ffb590602090a46147bd565b6129d1600a91845f9895985260076020526107ce60026001600160601b0360405f209351169201946129a36001600160601b03875460481c169661299d61298c612981878b61433f565b855460a01c90614a89565b986001600160601b038a1690613e5f565b90613d1f565b6129b183825460a01c613e5f565b81546001600160a01b031660a09190911b6001600160a01b031916179055565b04918260031b92808404600814901517156116e5576116d3968184612a0895925115612a64575b5050808311612a10575b50613d12565b9285806128ec565b909181612a1c91614352565b60018060a01b037f0000000000000000000000000000000000000000000000000000000000000000165f526002602052612a5b60405f20918254613d12565b90559087612a02565b612a6e9250613d12565b81896129f8565b6008915014886128e6565b63cb9a57fd60e01b5f9081526001600160a01b038616600452602490fd5b5060098610156119c35760058614612872565b5060098610156119c357600286111561286b565b34610f26576020366003190112610f2657612ade613adf565b612ae6614788565b6001600160a01b0381165f8181526002602052604090205490918115612b4757826116d3935f5260026020525f60408120557f7084f5476618d8e60b11ef0d7d3f06914655adb8793e28ff7f018d4c76d505d56020604051858152a26147bd565b826334fcffb960e11b5f5260045260245ffd5b34610f26576020366003190112610f26576004356001600160401b038111610f265780600401906101606003198236030112610f2657612b98614788565b612ba0614a5c565b60a481016001600160601b03612bb582613d45565b817f000000000000000000000000000000000000000000000000000000000000000016918291161061312b575060448201612bef81613d59565b612c0f6064850191612c0083613d6b565b612c0986613d45565b91614aa7565b610144840193612c1f8587613d7c565b60088111613114575f5b81811061305d5750505064ffffffffff612c4287613d59565b165f52600960205260405f20602482013590815f5260205260405f20908154966001600160401b0388168061304b575063ffffffff60e485019881612c868b613d6b565b9160401c169182911603613025575061010484019264ffffffffff612caa85613d59565b1642118015613000575b612fda57612cc18a613d59565b612cca8b613d59565b60c4870195612cd887613de6565b90612ce28d613d6b565b90612cec90613d59565b906040519260208401947f9e91cf964255125212418432dc9dfa0ad81ee1064cd7da50589b382cbd63421f865264ffffffffff16604085015233606085015288608085015260ff1660a084015263ffffffff1660c083015264ffffffffff1660e082015260e08152612d6061010082613c9b565b519020612d7161012488018d61435f565b91612d7b93614d79565b60035498612d916001600160401b038b16613db1565b6001600160401b0316809a6001600160401b03191617600355896001600160401b0319835416178255612dc390613d6b565b612dcc90613dce565b81546bffffffff000000000000000019166bffffffff0000000000000000604092831b16179091555f89815260076020522080546001600160a01b0319163317815593612e188a613d59565b85546aff0000000000ffffffffff60a01b191660a09190911b64ffffffffff60a01b1617600160f01b17855560018501839055612e5487613d59565b600286019064ffffffffff1664ffffffffff19825416178155612e7687613d6b565b815468ffffffff0000000000191660289190911b68ffffffff000000000016178155612ea189613d45565b612eaa91613d1f565b60840135600381950155612ebd89613d59565b95612ec790613d59565b94612ed190613d6b565b98612edb88613d45565b93612ee590613de6565b91612eef91613d7c565b948594919a6040519760e0890195895264ffffffffff16602089015263ffffffff16604088015260608701526001600160601b0316608086015260ff1660a085015260c0840160e0905252610100820195905f5b818110612fb257602087612f9a6001600160601b03612f948a8a8e867f845fe5733a941f6b5493de1ac83a79579ba06101b9d3919821012ef55bf787688d8064ffffffffff339616940390a4613d45565b16614bed565b5f5f516020615b055f395f51905f525d604051908152f35b9091966020806001926001600160401b03612fcc8c613aa2565b168152019801929101612f43565b64ffffffffff612fe985613d59565b6332bb962160e21b5f52166004524260245260445ffd5b5061300a84613d59565b620151804201908142116116e55764ffffffffff1611612cb4565b63ffffffff906130348a613d6b565b90636fdefe4b60e11b5f526004521660245260445ffd5b63058c88b760e01b5f5260045260245ffd5b6001600160401b036130786130738385876143b9565b614bd9565b165f90815260086020526040902080546001600160a01b03163314801591906130f4575b81156130d9575b506130b057600101612c29565b613073906130c6926001600160401b03946143b9565b16632ad6005560e11b5f5260045260245ffd5b64ffffffffff91506130ea906148d3565b164210158a6130a3565b905060ff600182015460b81c1660038110156119c357600114159061309c565b63f271b1c360e01b5f52600860045260245260445ffd5b61313c6001600160601b0392613d45565b90633cdee29d60e21b5f526004521660245260445ffd5b34610f26576020366003190112610f26576001600160401b03613174613a8c565b61317d816149e1565b16805f5260086020527f03e67108457873cdbcf951629e250935e35c9e38796ea327e9cccd67cca6029e602064ffffffffff600160405f206131be81614a22565b01805469ffffffffff0000000000191642831660281b64ffffffffff60281b161781555460281c16604051908152a2005b34610f26576020366003190112610f2657613208613a8c565b6001600160401b0381165f52600860205260405f206132268161489e565b61326764ffffffffff613238836148d3565b1664ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001690613d12565b9182421080613296575b61327f57610f249250614913565b8263fbbba1b760e01b5f526004524260245260445ffd5b506001600160401b03825460a01c165f52600760205260405f205460f81c15613271565b34610f26576080366003190112610f26576132d3613a55565b604435906001600160401b038211610f26576132f6610f24923690600401613b0b565b906133008361485f565b6064359260243590614527565b34610f26576020366003190112610f26576001600160401b0361332e613a8c565b613336614788565b61333f816143f0565b61334881614482565b16805f52600760205260405f209061339364ffffffffff835460c81c1664ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001690613d12565b8042106134695750600282019081549263ffffffff8460a81c16825f52600b60205260405f2063ffffffff82165f5260205260405f206133d2816146ea565b60098110156119c3576002146134475750506001600160601b036116d39460481c1692600160481b600160a81b03198154169055600360f01b60ff60f01b198254161790557f6e8aadb402fba2c3663aa8021a13af33c54d1d7b6eefe952ceb0e10c36e5ae596020604051848152a2336147bd565b64ffffffffff905460501c16906358f9c39960e11b5f5260045260245260445ffd5b6310576c7360e11b5f526004524260245260445ffd5b34610f26575f366003190112610f265760206001600160401b0360035460401c16604051908152f35b34610f26576020366003190112610f26576134c1613a8c565b6001600160401b038116805f52600760205263ffffffff600260405f20015460a81c16905f52600b60205260405f2063ffffffff82165f5260205260405f20613509816146ea565b916009831015806119c357600384141580613582575b6135605760ff835460981c169060098210156119c3576119c357831461354857610f2493614737565b631617d9e160e31b5f526001600452611a0583613bc6565b64ffffffffff835460501c1663b753322560e01b5f526004524260245260445ffd5b50505f600484141561351f565b34610f265760a0366003190112610f26576135a8613adf565b6135b0613af5565b906064356001600160401b038111610f26576135d0903690600401613b0b565b91906135dc33836144cb565b6135e58461450f565b6003549264ffffffffff8460801c169264ffffffffff84146116e55764ffffffffff60801b19909416600193909301608081901b64ffffffffff60801b1693909317600390815564ffffffffff9093165f8181526004602090815260409182902080546001600160a01b031990811633908117835560028301805483166001600160a01b039b8c1690811790915592909801805490911698909916978817909855815197885287810196909652949590946136cd949186917f0d500b4d846e933d817e4433921bc9a4020d69ea63cb011eb1b5e419eef6ffcf91a36084359160443585614527565b604051908152f35b34610f26576060366003190112610f26576136ee613a8c565b6136f6613ab6565b6001600160401b03613706613ac9565b925f602060405161371681613c11565b8281520152165f52600c60205263ffffffff60405f2091165f5260205260405f209060018060a01b03165f526020526040805f2081519061375682613c11565b5460ff60206001600160601b03831693848152019160601c161515815282519182525115156020820152f35b34610f26576020366003190112610f265761379b613a8c565b6137a3613cbc565b506001600160401b03165f52600860205260405f206040516137c481613be1565b815491600160a01b600190038316825260208201908360a01c6001600160401b03168252604083019360e01c845260010154926060830164ffffffffff85168152608084018560281c64ffffffffff16815260a08501908660501c64ffffffffff16825260c08601928760781c63ffffffff16845260e08701948860981c63ffffffff1686526101008801968960b81c60ff166138619089613d06565b6101208901996001600160401b0360c01b168a5260405198600160a01b600190039051168952516001600160401b031660208901525163ffffffff1660408801525164ffffffffff1660608701525164ffffffffff1660808601525164ffffffffff1660a08501525163ffffffff1660c08401525163ffffffff1660e0830152519160038310156119c357610140926101008301526001600160401b0360c01b905116610120820152f35b34610f26576040366003190112610f2657613925613a8c565b7feca6acb9f5bf4b4e6fc9689d5a6b2a64dcf5f2950e266aa081fc1e3a74566c9360206001600160401b036024359361395d816143f0565b61396681614431565b1692835f526007825280600360405f200155604051908152a2005b34610f26576060366003190112610f265761399a613a55565b6139a2613a7d565b9064ffffffffff604435916139b56143dd565b1691825f52600460205260405f209160018060a01b0383541615613a4257600583015490808203613a2d57835460ff60a01b191683151560a081901b60ff60a01b1691909117855560405190815285907f96ece6b4636d69bd28079e4a8b2d90d37b4573a228b63a7aa07940cdc4a9cbbb90602090a2005b633e52ee2f60e21b5f5260045260245260445ffd5b8363587e67f760e11b5f5260045260245ffd5b6004359064ffffffffff82168203610f2657565b6024359064ffffffffff82168203610f2657565b602435908115158203610f2657565b600435906001600160401b0382168203610f2657565b35906001600160401b0382168203610f2657565b6024359063ffffffff82168203610f2657565b604435906001600160a01b0382168203610f2657565b600435906001600160a01b0382168203610f2657565b602435906001600160a01b0382168203610f2657565b9181601f84011215610f26578235916001600160401b038311610f265760208381860195010111610f2657565b9181601f84011215610f26578235916001600160401b038311610f265760208085019460608502010111610f2657565b805180835260209291819084018484015e5f828201840152601f01601f1916010190565b9181601f84011215610f26578235916001600160401b038311610f26576020808501948460051b010111610f2657565b600511156119c357565b60098110156119c357602452565b9060098210156119c35752565b61014081019081106001600160401b03821117613bfd57604052565b634e487b7160e01b5f52604160045260245ffd5b604081019081106001600160401b03821117613bfd57604052565b61022081019081106001600160401b03821117613bfd57604052565b61010081019081106001600160401b03821117613bfd57604052565b61018081019081106001600160401b03821117613bfd57604052565b60c081019081106001600160401b03821117613bfd57604052565b90601f801991011681019081106001600160401b03821117613bfd57604052565b60405190613cc982613be1565b5f610120838281528260208201528260408201528260608201528260808201528260a08201528260c08201528260e0820152826101008201520152565b60038210156119c35752565b919082018092116116e557565b90600160481b600160a81b0382549160481b1690600160481b600160a81b031916179055565b356001600160601b0381168103610f265790565b3564ffffffffff81168103610f265790565b3563ffffffff81168103610f265790565b903590601e1981360301821215610f2657018035906001600160401b038211610f2657602001918160051b36038313610f2657565b6001600160401b03166001600160401b0381146116e55760010190565b63ffffffff60019116019063ffffffff82116116e557565b3560ff81168103610f265790565b90600182811c92168015613e22575b6020831014613e0e57565b634e487b7160e01b5f52602260045260245ffd5b91607f1691613e03565b9064ffffffffff8091169116019064ffffffffff82116116e557565b6001600160401b038111613bfd5760051b60200190565b906001600160601b03809116911603906001600160601b0382116116e557565b906001600160601b03809116911601906001600160601b0382116116e557565b6001600160401b0390613eb1816149e1565b16805f52600860205260405f209081546001600160401b038160a01c1692835f52600760205260405f2090613f1d64ffffffffff613eee836148d3565b1664ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001690613d12565b804210156142eb57506001908160ff845460f01c16613f3b81613bbc565b036142dd575b019164ffffffffff835460501c169060e01c02906001600160601b0382169182036116e55781156142cb57613f769085614f1b565b5f878152600c6020908152604080832063ffffffff8616845282528083203384529091529020549295919491926001600160601b031691828511156142aa578161428f575b5060405190613fc982613c11565b848252151560208083019182525f898152600c8252604080822063ffffffff8a1683528352808220338352909252209151825491516cffffffffffffffffffffffffff199092166001600160601b03919091161790151560601b60ff60601b1617905561406661404661403c8386613e5f565b875460a01c613e7f565b86546001600160a01b031660a09190911b6001600160a01b031916178655565b159081614254575b845492867f819a11f9c7fcdbabd0f5fe50d69c5bbebac5a2cdd31a604a2ea010a6e78acf6760a063ffffffff808860781c1698169a8b94604051913383526020830152604082015287821c6060820152886080820152a41561424d5760981c60ff1660098110156119c357600114908161421d575b50614120575b50505061411e6001600160601b037f000000000000000000000000000000000000000000000000000000000000000016614bed565b565b805473ff000000000000000000ffffffffff0000000000191642602881901b64ffffffffff60281b1691909117600160991b1782557fecbd67f445b799d6776c0cea7c710053e3fcdea09e8945fd0d456b71f07fe6319160409164ffffffffff906141fd9082166141d66141b47f000000000000000000000000000000000000000000000000000000000000000083613e2c565b855464ffffffffff60501b191660509190911b64ffffffffff60501b16178555565b7f000000000000000000000000000000000000000000000000000000000000000090613e2c565b915460501c1664ffffffffff8351921682526020820152a35f80806140e9565b905063ffffffff7f000000000000000000000000000000000000000000000000000000000000000016145f6140e3565b5050505050565b61428a61426a63ffffffff875460781c16613dce565b865463ffffffff60781b191660789190911b63ffffffff60781b16178655565b61406e565b64ffffffffff9150541664ffffffffff86541611155f613fbb565b848363ffffffff88631097682760e31b5f521660045260245260445260645ffd5b8362380fbb60e51b5f5260045260245ffd5b6142e686614482565b613f41565b63045dd1b760e41b5f526004524260245260445ffd5b9060098110156119c357815460ff60981b191660989190911b60ff60981b16179055565b9063ffffffff8091169116039063ffffffff82116116e557565b818102929181159184041417156116e557565b919082039182116116e557565b903590601e1981360301821215610f2657018035906001600160401b038211610f2657602001918136038313610f2657565b80518210156143a55760209160051b010190565b634e487b7160e01b5f52603260045260245ffd5b91908110156143a55760051b0190565b356001600160a01b0381168103610f265790565b5f546001600160a01b0316330361200257565b6001600160401b03165f908152600760205260409020546001600160a01b03163381900361441b5750565b63261ec2bd60e11b5f526004523360245260445ffd5b6001600160401b03165f9081526007602052604090205460f01c60ff1661445781613bbc565b600181036144625750565b63104cb7e960e11b5f52600160045261447a81613bbc565b60245260445ffd5b6001600160401b03165f9081526007602052604090205460f01c60ff166144a881613bbc565b600281036144b35750565b63104cb7e960e11b5f52600260045261447a81613bbc565b6001600160a01b0316908115614500576001600160a01b03169081146144ee5750565b63ee21076760e01b5f5260045260245ffd5b6316ab10a960e01b5f5260045ffd5b6001600160a01b038116156145005761411e90615343565b64ffffffffff90939192931693845f52600460205260405f20836004820155600681016001600160401b038411613bfd576145628154613df4565b601f8111614699575b505f601f851160011461460e57917ff17781991ec493ad7dcb879640ea1d026fa2b9d8e28ebee48cf791614631adcf9695939185608096945f91614603575b508460011b905f198660031b1c19161790555b81600582015560ff60a01b19815416905581604051958694855260606020860152816060860152858501375f8383018501526040830152601f01601f19168101030190a2565b90508701355f6145aa565b601f19851690825f5260205f20915f5b8181106146815750917ff17781991ec493ad7dcb879640ea1d026fa2b9d8e28ebee48cf791614631adcf989795939187608098969410614668575b5050600184811b0190556145bd565b8801355f19600387901b60f8161c191690555f80614659565b9192602060018192868d01358155019401920161461e565b8481111561456b57815f5260205f20601f860160051c90602087106146e2575b81601f9101920160051c03905f5b8281106146d557505061456b565b5f828201556001016146c7565b5f91506146b9565b549064ffffffffff60ff8360981c169260501c1642101561470757565b60098210156119c357600182146147315760098210156119c3576002821461472b57565b60049150565b60039150565b92916001600160401b0363ffffffff7fd71068d8c72769319a66de145f29668d301b452754585f5281665f32279c16019361477486602095614301565b6147816040518097613bd4565b16941692a3565b5f516020615b055f395f51905f525c6147ae5760015f516020615b055f395f51905f525d565b633ee5aeb560e01b5f5260045ffd5b7f0000000000000000000000000000000000000000000000000000000000000000916040519163a9059cbb60e01b5f5260018060a01b031660045260245260205f60448180865af19060015f511482161561483e575b6040521561481e5750565b635274afe760e01b5f9081526001600160a01b0391909116600452602490fd5b90600181151661485657823b15153d15161690614813565b503d5f823e3d90fd5b64ffffffffff165f908152600460205260409020546001600160a01b0316338190036148885750565b63228c598d60e21b5f526004523360245260445ffd5b6001015460b81c60ff1660038110156119c357600181036148bc5750565b633ce015a360e01b5f52600160045260245260445ffd5b614910906001600160401b0364ffffffffff600183015460281c16915460a01c165f52600760205264ffffffffff60405f205460c81c1690615368565b90565b6001600160401b037fd0e354dad837659595fae7f44d4d8f180f16d6022b8ea12dbffdb3a79ab0b361916149b560018501946149776107ce875464ffffffffff63ffffffff61496b865460e01c828560981c16614325565b169160501c169061433f565b865460ff60b81b1916600160b91b17909655856149ba575b5460e01c946040519384931695836020909392919363ffffffff60408201951681520152565b0390a2565b60018060a01b038154165f52600260205260405f206149da878254613d12565b905561498f565b6001600160401b03165f908152600860205260409020546001600160a01b031633819003614a0c5750565b633cd83a7b60e21b5f526004523360245260445ffd5b614a3a64ffffffffff91614a358161489e565b6148d3565b1680421015614a465750565b635ff8608f60e01b5f526004524260245260445ffd5b64ffffffffff60035460a81c16804210614a735750565b63341936e560e21b5f526004524260245260445ffd5b8115614a93570490565b634e487b7160e01b5f52601260045260245ffd5b64ffffffffff169081158015614bc6575b614bae5763ffffffff1680158015614b7f575b614b435790614ae7826201517f6001600160601b039401614a89565b600a026064811115614b3b575b7f0000000000000000000000000000000000000000000000000000000000000000910202911690808210614b26575050565b633cdee29d60e21b5f5260045260245260445ffd5b506064614af4565b63d0caab6d60e01b5f5263ffffffff7f00000000000000000000000000000000000000000000000000000000000000001660045260245260445ffd5b5063ffffffff7f0000000000000000000000000000000000000000000000000000000000000000168111614acb565b50630ea6a36b60e01b5f52600a60045260245260445ffd5b5064ffffffffff600a8306161515614ab8565b356001600160401b0381168103610f265790565b6040516370a0823160e01b81523060048201527f0000000000000000000000000000000000000000000000000000000000000000906001600160a01b038216602082602481845afa918215614d09575f92614d45575b50604051926323b872dd60e01b5f5233600452306024528460445260205f60648180855af19060015f5114821615614d26575b50836040525f60605215614d1457826024816020936370a0823160e01b82523060048301525afa8015614d09575f90614cd5575b614cb49250614352565b90808203614cc0575050565b634131ccbb60e11b5f5260045260245260445ffd5b506020823d602011614d01575b81614cef60209383613c9b565b81010312610f2657614cb49151614caa565b3d9150614ce2565b6040513d5f823e3d90fd5b635274afe760e01b5f5260045260245ffd5b6001821516614d3c573b15153d1516165f614c76565b843d5f823e3d90fd5b9091506020813d602011614d71575b81614d6160209383613c9b565b81010312610f265751905f614c43565b3d9150614d54565b64ffffffffff165f908152600460205260409020600201546001600160a01b03169283159290918315614dc3575b505050614db15750565b63fe4d801360e01b5f5260045260245ffd5b614df19350604290614dd3615932565b906040519161190160f01b835260028301526022820152208461539a565b155f8080614da7565b91929360405194606086018681106001600160401b03821117613bfd576040525f86525f6020870152604086015f81525f5b86811015614e4d57600190614e47896060830288018961542b565b01614e2c565b507fbbbf3ad33c04962425a3a619e02f0be71ce804b7f45573d7b99db56c398121219491955060209350614e8764ffffffffff9397615803565b80519081614e9d575b50506040519485521692a2565b600a918484165f526004865260018060a01b03600360405f200154165f5260028652614ed08360405f2092048254613d12565b9055510460018060a01b037f0000000000000000000000000000000000000000000000000000000000000000165f5260028452614f1260405f20918254613d12565b90555f80614e90565b9060025f91019163ffffffff835460a81c16906001600160401b03811691825f52600b60205260405f2063ffffffff82165f5260205260405f209182614f60816146ea565b9060098210156119c357600182146150cf57506002811461507a5760ff845460981c169360098510156119c3578363ffffffff958303615068575b505050501663ffffffff81146116e55760010192805463ffffffff60a81b8560a81b169063ffffffff60a81b19161790555f52600b60205260405f2063ffffffff83165f5260205260405f20928361505561503364ffffffffff421664ffffffffff811664ffffffffff198554161784557f000000000000000000000000000000000000000000000000000000000000000090613e2c565b825464ffffffffff60501b191660509190911b64ffffffffff60501b16178255565b805460ff60981b1916600160981b179055565b61507193614737565b5f808083614f9b565b50509493509150506150bf64ffffffffff825460281c1664ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001690613d12565b804210156142eb57509190600190565b9550505094935050509190600190565b906003906001600160401b0383165f52600760205261510a60405f209364ffffffffff42169061588b565b61511381613bbc565b600281036151c8575b61512581613bbc565b146151b557600281018054825460ff60f01b1916600160f21b17909255604982901c6b7fffffffffffffffffffffff1691615172919061299d90849060481c6001600160601b0316613e5f565b60018060a01b037f0000000000000000000000000000000000000000000000000000000000000000165f5260026020526151b160405f20918254613d12565b9055565b805460ff60f01b1916600160f11b179055565b82546001600160f81b0316600160f81b17835561511c565b6001600160401b0390939192936151f681614431565b1692835f52600760205260405f209060028201549364ffffffffff80861691168082036152a257505063ffffffff808560281c1691168082036152a2575050600301549080820361174657505060c81c60ff169081615278575b506152585750565b6309bff4e560e21b5f9081526001600160a01b0391909116600452602490fd5b90505f52600a60205260405f2060018060a01b0382165f5260205260ff60405f205416155f615250565b63036249e360e51b5f5260045260245260445ffd5b905f8091602081519101845af48080615330575b156152eb5750506040513d81523d5f602083013e60203d82010160405290565b1561531057639996b31560e01b5f9081526001600160a01b0391909116600452602490fd5b3d15615321576040513d5f823e3d90fd5b63d6bda27560e01b5f5260045ffd5b503d1515806152cb5750813b15156152cb565b6001600160a01b03163081146153565750565b636160cff560e01b5f5260045260245ffd5b64ffffffffff82168015159081615389575b5015615384575090565b905090565b905064ffffffffff8216115f61537a565b929190833b6153d757906153ae9291615a4e565b5060048110156119c3571591826153c457505090565b6001600160a01b03918216911614919050565b6064835f946020969460405194630b135d3f60e11b8652600486015260406024860152816044860152838501378281018201859052601f01601f191601915afa630b135d3f60e11b5f5114601f3d11161690565b91909161543783614bd9565b916001600160401b03831693845f52600860205260405f20926040519361545d85613be1565b80549360018060a01b0385168652600160208701926001600160401b038760a01c168452604088019660e01c8752015495606081019564ffffffffff88168752608082019064ffffffffff8960281c16825260a083019464ffffffffff8a60501c1686526001600160401b0360c085019163ffffffff8c60781c16835263ffffffff8c60981c1660e087015261010086019b6155008d60ff8360b81c1690613d06565b8260c01b1661012087015251165f52600760205260405f20549264ffffffffff8460a01c1664ffffffffff60ff8660f01c1699168082036157ee5750506155559064ffffffffff808660c81c16915116615368565b995160038110156119c3576001148015906157e4575b80156157aa575b6157795760409863ffffffff61558a60208b01613d6b565b169164ffffffffff8c1642109b8c5f1461574f57506155be9063ffffffff64ffffffffff6001945116420391511690614a89565b015b808210156157475750955b8b63ffffffff835116881161561c575b50505050505050500135908115158203610f265781615613575b506155fe575050565b61411e915f52600860205260405f2090614913565b9050155f6155f5565b5f81815260086020528a902080546001600160e01b031660e08a901b6001600160e01b03191617905563ffffffff808916988b986004957fe006e571706b8e430d39392d12283b29e44e8f14fcf0fb34eeb07d92e8abe36993919264ffffffffff92909151169003915116027f00000000000000000000000000000000000000000000000000000000000000000280996156cd8a51928392836020909392919363ffffffff60408201951681520152565b0390a26156d981613bbc565b036157375750516001600160a01b03165b81516001600160a01b039182169116819003615720575b5060208101838151019052019081510190525f8080808080808b6155db565b61572982615803565b81525f60208201525f615701565b6001600160a01b031690506156ea565b9050956155cb565b64ffffffffff63ffffffff918161577495511690031691511690815f19910101614a89565b6155c0565b50505050505050505050507f50906b048f7a2de5a5fe2fae9bf86180df3f9660a6f7ce023bc251ec5eae46735f80a2565b5064ffffffffff7f00000000000000000000000000000000000000000000000000000000000000001664ffffffffff8b1601421015615572565b508260f81c61556b565b631ac37cf160e01b5f5260045260245260445ffd5b602081015180615811575050565b600a9004908160031b91808304600814901517156116e557516001600160a01b03165f908152600260205260409020805490916151b191613d12565b60ff811690601f821161587c5760405191615869604084613c9b565b6020808452838101919036833783525290565b632cd44ac360e21b5f5260045ffd5b6001600160401b03165f52600760205260405f2090815464ffffffffff8160c81c16801591826158fa575b5081156158e9575b506158c7575050565b815464ffffffffff60c81b191660c89190911b64ffffffffff60c81b16179055565b905064ffffffffff8216105f6158be565b64ffffffffff9060a01c165f52600960205260405f2060018501545f5260205260405f206001600160401b031981541690555f6158b6565b307f00000000000000000000000000000000000000000000000000000000000000006001600160a01b03161480615a25575b1561598d577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a08152615a1f60c082613c9b565b51902090565b507f00000000000000000000000000000000000000000000000000000000000000004614615964565b9060418303615a7857615a719250602081013591604082359201355f1a90615a82565b9192909190565b50505f9160029190565b91907f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411615af9579160209360809260ff5f9560405194855216868401526040830152606082015282805260015afa15614d09575f516001600160a01b03811615615aef57905f905f90565b505f906001905f90565b5050505f916003919056fe9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f00",
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
// Solidity: constructor((address,address,address,address,address,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint40,uint32,uint40,uint40) c) returns()
func (dataMarket *DataMarket) PackConstructor(c Config) []byte {
	enc, err := dataMarket.abi.Pack("", c)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackAcceptAdmin is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdda7a472.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function acceptAdmin(uint40 operator) returns()
func (dataMarket *DataMarket) PackAcceptAdmin(operator *big.Int) []byte {
	enc, err := dataMarket.abi.Pack("acceptAdmin", operator)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAcceptAdmin is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdda7a472.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function acceptAdmin(uint40 operator) returns()
func (dataMarket *DataMarket) TryPackAcceptAdmin(operator *big.Int) ([]byte, error) {
	return dataMarket.abi.Pack("acceptAdmin", operator)
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
// the contract method with ID 0xf6134a80.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function buy(uint64 stream, uint32 duration, uint40 price, uint32 interval, bytes32 terms, address beneficiary, bytes32 routeHash) returns(uint64 purchase)
func (dataMarket *DataMarket) PackBuy(stream uint64, duration uint32, price *big.Int, interval uint32, terms [32]byte, beneficiary common.Address, routeHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("buy", stream, duration, price, interval, terms, beneficiary, routeHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBuy is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf6134a80.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function buy(uint64 stream, uint32 duration, uint40 price, uint32 interval, bytes32 terms, address beneficiary, bytes32 routeHash) returns(uint64 purchase)
func (dataMarket *DataMarket) TryPackBuy(stream uint64, duration uint32, price *big.Int, interval uint32, terms [32]byte, beneficiary common.Address, routeHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("buy", stream, duration, price, interval, terms, beneficiary, routeHash)
}

// UnpackBuy is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xf6134a80.
//
// Solidity: function buy(uint64 stream, uint32 duration, uint40 price, uint32 interval, bytes32 terms, address beneficiary, bytes32 routeHash) returns(uint64 purchase)
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
// Solidity: function config() view returns((address,address,address,address,address,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint40,uint32,uint40,uint40))
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
// Solidity: function config() view returns((address,address,address,address,address,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint40,uint32,uint40,uint40))
func (dataMarket *DataMarket) TryPackConfig() ([]byte, error) {
	return dataMarket.abi.Pack("config")
}

// UnpackConfig is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x79502c55.
//
// Solidity: function config() view returns((address,address,address,address,address,uint96,uint96,uint32,uint40,uint40,uint40,uint40,uint40,uint40,uint32,uint40,uint40))
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
// the contract method with ID 0xfe7b28eb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function deviceNonce(uint40 operator, bytes32 device) view returns(uint32)
func (dataMarket *DataMarket) PackDeviceNonce(operator *big.Int, device [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("deviceNonce", operator, device)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDeviceNonce is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfe7b28eb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function deviceNonce(uint40 operator, bytes32 device) view returns(uint32)
func (dataMarket *DataMarket) TryPackDeviceNonce(operator *big.Int, device [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("deviceNonce", operator, device)
}

// UnpackDeviceNonce is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xfe7b28eb.
//
// Solidity: function deviceNonce(uint40 operator, bytes32 device) view returns(uint32)
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
// the contract method with ID 0x8ae8f7cf.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function extend(uint64 purchase, uint40 newEnd, bytes32 terms) returns()
func (dataMarket *DataMarket) PackExtend(purchase uint64, newEnd *big.Int, terms [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("extend", purchase, newEnd, terms)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackExtend is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8ae8f7cf.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function extend(uint64 purchase, uint40 newEnd, bytes32 terms) returns()
func (dataMarket *DataMarket) TryPackExtend(purchase uint64, newEnd *big.Int, terms [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("extend", purchase, newEnd, terms)
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
// the contract method with ID 0x82191cb7.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function getOperator(uint40 operator) view returns((address,bool,address,address,address,bytes32,bytes32,string))
func (dataMarket *DataMarket) PackGetOperator(operator *big.Int) []byte {
	enc, err := dataMarket.abi.Pack("getOperator", operator)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGetOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x82191cb7.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function getOperator(uint40 operator) view returns((address,bool,address,address,address,bytes32,bytes32,string))
func (dataMarket *DataMarket) TryPackGetOperator(operator *big.Int) ([]byte, error) {
	return dataMarket.abi.Pack("getOperator", operator)
}

// UnpackGetOperator is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x82191cb7.
//
// Solidity: function getOperator(uint40 operator) view returns((address,bool,address,address,address,bytes32,bytes32,string))
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
// Solidity: function getPurchase(uint64 purchase) view returns((address,uint64,uint32,uint40,uint40,uint40,uint32,uint32,uint8,bytes8))
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
// Solidity: function getPurchase(uint64 purchase) view returns((address,uint64,uint32,uint40,uint40,uint40,uint32,uint32,uint8,bytes8))
func (dataMarket *DataMarket) TryPackGetPurchase(purchase uint64) ([]byte, error) {
	return dataMarket.abi.Pack("getPurchase", purchase)
}

// UnpackGetPurchase is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0cae073b.
//
// Solidity: function getPurchase(uint64 purchase) view returns((address,uint64,uint32,uint40,uint40,uint40,uint32,uint32,uint8,bytes8))
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
// Solidity: function getRound(uint64 stream, uint32 round) view returns((uint40,uint40,uint40,uint32,uint8,uint96))
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
// Solidity: function getRound(uint64 stream, uint32 round) view returns((uint40,uint40,uint40,uint32,uint8,uint96))
func (dataMarket *DataMarket) TryPackGetRound(stream uint64, round uint32) ([]byte, error) {
	return dataMarket.abi.Pack("getRound", stream, round)
}

// UnpackGetRound is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xfd6fd93d.
//
// Solidity: function getRound(uint64 stream, uint32 round) view returns((uint40,uint40,uint40,uint32,uint8,uint96))
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
// Solidity: function getStream(uint64 stream) view returns((address,uint40,uint40,uint8,bool,bytes32,uint40,uint32,uint96,uint32,bool,bytes32))
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
// Solidity: function getStream(uint64 stream) view returns((address,uint40,uint40,uint8,bool,bytes32,uint40,uint32,uint96,uint32,bool,bytes32))
func (dataMarket *DataMarket) TryPackGetStream(stream uint64) ([]byte, error) {
	return dataMarket.abi.Pack("getStream", stream)
}

// UnpackGetStream is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe6ad47f2.
//
// Solidity: function getStream(uint64 stream) view returns((address,uint40,uint40,uint8,bool,bytes32,uint40,uint32,uint96,uint32,bool,bytes32))
func (dataMarket *DataMarket) UnpackGetStream(data []byte) (Stream, error) {
	out, err := dataMarket.abi.Unpack("getStream", data)
	if err != nil {
		return *new(Stream), err
	}
	out0 := *abi.ConvertType(out[0], new(Stream)).(*Stream)
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
// the contract method with ID 0x4ea4545b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function list((uint40,bytes32,uint40,uint32,bytes32,uint96,uint8,uint32,uint40,bytes,uint64[]) l) returns(uint64 stream)
func (dataMarket *DataMarket) PackList(l Listing) []byte {
	enc, err := dataMarket.abi.Pack("list", l)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackList is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4ea4545b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function list((uint40,bytes32,uint40,uint32,bytes32,uint96,uint8,uint32,uint40,bytes,uint64[]) l) returns(uint64 stream)
func (dataMarket *DataMarket) TryPackList(l Listing) ([]byte, error) {
	return dataMarket.abi.Pack("list", l)
}

// UnpackList is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x4ea4545b.
//
// Solidity: function list((uint40,bytes32,uint40,uint32,bytes32,uint96,uint8,uint32,uint40,bytes,uint64[]) l) returns(uint64 stream)
func (dataMarket *DataMarket) UnpackList(data []byte) (uint64, error) {
	out, err := dataMarket.abi.Unpack("list", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackLiveStream is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe65df7a0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function liveStream(uint40 operator, bytes32 device) view returns(uint64)
func (dataMarket *DataMarket) PackLiveStream(operator *big.Int, device [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("liveStream", operator, device)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackLiveStream is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe65df7a0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function liveStream(uint40 operator, bytes32 device) view returns(uint64)
func (dataMarket *DataMarket) TryPackLiveStream(operator *big.Int, device [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("liveStream", operator, device)
}

// UnpackLiveStream is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe65df7a0.
//
// Solidity: function liveStream(uint40 operator, bytes32 device) view returns(uint64)
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
// Solidity: function operatorCount() view returns(uint40)
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
// Solidity: function operatorCount() view returns(uint40)
func (dataMarket *DataMarket) TryPackOperatorCount() ([]byte, error) {
	return dataMarket.abi.Pack("operatorCount")
}

// UnpackOperatorCount is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7c6f3158.
//
// Solidity: function operatorCount() view returns(uint40)
func (dataMarket *DataMarket) UnpackOperatorCount(data []byte) (*big.Int, error) {
	out, err := dataMarket.abi.Unpack("operatorCount", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
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

// PackPausedUntil is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xda748b10.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function pausedUntil() view returns(uint40)
func (dataMarket *DataMarket) PackPausedUntil() []byte {
	enc, err := dataMarket.abi.Pack("pausedUntil")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPausedUntil is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xda748b10.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function pausedUntil() view returns(uint40)
func (dataMarket *DataMarket) TryPackPausedUntil() ([]byte, error) {
	return dataMarket.abi.Pack("pausedUntil")
}

// UnpackPausedUntil is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xda748b10.
//
// Solidity: function pausedUntil() view returns(uint40)
func (dataMarket *DataMarket) UnpackPausedUntil(data []byte) (*big.Int, error) {
	out, err := dataMarket.abi.Unpack("pausedUntil", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
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
// Solidity: function registerOperator(address signer, address payout, bytes32 keys, string metadataURI, bytes32 metadataHash) returns(uint40 operator)
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
// Solidity: function registerOperator(address signer, address payout, bytes32 keys, string metadataURI, bytes32 metadataHash) returns(uint40 operator)
func (dataMarket *DataMarket) TryPackRegisterOperator(signer common.Address, payout common.Address, keys [32]byte, metadataURI string, metadataHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("registerOperator", signer, payout, keys, metadataURI, metadataHash)
}

// UnpackRegisterOperator is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x1a4c0794.
//
// Solidity: function registerOperator(address signer, address payout, bytes32 keys, string metadataURI, bytes32 metadataHash) returns(uint40 operator)
func (dataMarket *DataMarket) UnpackRegisterOperator(data []byte) (*big.Int, error) {
	out, err := dataMarket.abi.Unpack("registerOperator", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
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

// PackRespond is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc4bdf380.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function respond(uint64 stream, uint32 round, bytes32 responseHash) returns()
func (dataMarket *DataMarket) PackRespond(stream uint64, round uint32, responseHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("respond", stream, round, responseHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRespond is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc4bdf380.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function respond(uint64 stream, uint32 round, bytes32 responseHash) returns()
func (dataMarket *DataMarket) TryPackRespond(stream uint64, round uint32, responseHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("respond", stream, round, responseHash)
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
// the contract method with ID 0x86853ba9.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function rule(uint64 stream, uint32 round, uint8 verdict, bytes32 rulingHash) returns()
func (dataMarket *DataMarket) PackRule(stream uint64, round uint32, verdict uint8, rulingHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("rule", stream, round, verdict, rulingHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRule is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x86853ba9.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function rule(uint64 stream, uint32 round, uint8 verdict, bytes32 rulingHash) returns()
func (dataMarket *DataMarket) TryPackRule(stream uint64, round uint32, verdict uint8, rulingHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("rule", stream, round, verdict, rulingHash)
}

// PackSetOperatorMetadata is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x411fd3e5.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setOperatorMetadata(uint40 operator, bytes32 keys, string metadataURI, bytes32 metadataHash) returns()
func (dataMarket *DataMarket) PackSetOperatorMetadata(operator *big.Int, keys [32]byte, metadataURI string, metadataHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("setOperatorMetadata", operator, keys, metadataURI, metadataHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetOperatorMetadata is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x411fd3e5.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setOperatorMetadata(uint40 operator, bytes32 keys, string metadataURI, bytes32 metadataHash) returns()
func (dataMarket *DataMarket) TryPackSetOperatorMetadata(operator *big.Int, keys [32]byte, metadataURI string, metadataHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("setOperatorMetadata", operator, keys, metadataURI, metadataHash)
}

// PackSetPayout is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbcb4b06f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setPayout(uint40 operator, address payout) returns()
func (dataMarket *DataMarket) PackSetPayout(operator *big.Int, payout common.Address) []byte {
	enc, err := dataMarket.abi.Pack("setPayout", operator, payout)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetPayout is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbcb4b06f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setPayout(uint40 operator, address payout) returns()
func (dataMarket *DataMarket) TryPackSetPayout(operator *big.Int, payout common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("setPayout", operator, payout)
}

// PackSetPrice is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7a3c91f2.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setPrice(uint64 stream, uint40 price, uint32 interval) returns()
func (dataMarket *DataMarket) PackSetPrice(stream uint64, price *big.Int, interval uint32) []byte {
	enc, err := dataMarket.abi.Pack("setPrice", stream, price, interval)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetPrice is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7a3c91f2.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setPrice(uint64 stream, uint40 price, uint32 interval) returns()
func (dataMarket *DataMarket) TryPackSetPrice(stream uint64, price *big.Int, interval uint32) ([]byte, error) {
	return dataMarket.abi.Pack("setPrice", stream, price, interval)
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
// the contract method with ID 0x6cb6ca6c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setSigner(uint40 operator, address signer) returns()
func (dataMarket *DataMarket) PackSetSigner(operator *big.Int, signer common.Address) []byte {
	enc, err := dataMarket.abi.Pack("setSigner", operator, signer)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetSigner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x6cb6ca6c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setSigner(uint40 operator, address signer) returns()
func (dataMarket *DataMarket) TryPackSetSigner(operator *big.Int, signer common.Address) ([]byte, error) {
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
// the contract method with ID 0xb76dc486.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function settle(uint40 operator, (uint64,uint32,bool)[] claims, bytes32 root) returns()
func (dataMarket *DataMarket) PackSettle(operator *big.Int, claims []Claim, root [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("settle", operator, claims, root)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSettle is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb76dc486.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function settle(uint40 operator, (uint64,uint32,bool)[] claims, bytes32 root) returns()
func (dataMarket *DataMarket) TryPackSettle(operator *big.Int, claims []Claim, root [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("settle", operator, claims, root)
}

// PackSettleSigned is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x6260d60b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function settleSigned(uint40 operator, (uint64,uint32,bool)[] claims, bytes32 root, uint40 deadline, bytes sig) returns()
func (dataMarket *DataMarket) PackSettleSigned(operator *big.Int, claims []Claim, root [32]byte, deadline *big.Int, sig []byte) []byte {
	enc, err := dataMarket.abi.Pack("settleSigned", operator, claims, root, deadline, sig)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSettleSigned is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x6260d60b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function settleSigned(uint40 operator, (uint64,uint32,bool)[] claims, bytes32 root, uint40 deadline, bytes sig) returns()
func (dataMarket *DataMarket) TryPackSettleSigned(operator *big.Int, claims []Claim, root [32]byte, deadline *big.Int, sig []byte) ([]byte, error) {
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

// PackTransferAdmin is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfe9ce005.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferAdmin(uint40 operator, address admin) returns()
func (dataMarket *DataMarket) PackTransferAdmin(operator *big.Int, admin common.Address) []byte {
	enc, err := dataMarket.abi.Pack("transferAdmin", operator, admin)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferAdmin is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfe9ce005.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferAdmin(uint40 operator, address admin) returns()
func (dataMarket *DataMarket) TryPackTransferAdmin(operator *big.Int, admin common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("transferAdmin", operator, admin)
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
// the contract method with ID 0x058c8d71.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function verifyOperator(uint40 operator, bool verified, bytes32 metadataHash) returns()
func (dataMarket *DataMarket) PackVerifyOperator(operator *big.Int, verified bool, metadataHash [32]byte) []byte {
	enc, err := dataMarket.abi.Pack("verifyOperator", operator, verified, metadataHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVerifyOperator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x058c8d71.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function verifyOperator(uint40 operator, bool verified, bytes32 metadataHash) returns()
func (dataMarket *DataMarket) TryPackVerifyOperator(operator *big.Int, verified bool, metadataHash [32]byte) ([]byte, error) {
	return dataMarket.abi.Pack("verifyOperator", operator, verified, metadataHash)
}

// PackVoiceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x168cfadb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function voiceOf(uint64 stream, uint32 round, address challenger) view returns((uint96,bool))
func (dataMarket *DataMarket) PackVoiceOf(stream uint64, round uint32, challenger common.Address) []byte {
	enc, err := dataMarket.abi.Pack("voiceOf", stream, round, challenger)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVoiceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x168cfadb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function voiceOf(uint64 stream, uint32 round, address challenger) view returns((uint96,bool))
func (dataMarket *DataMarket) TryPackVoiceOf(stream uint64, round uint32, challenger common.Address) ([]byte, error) {
	return dataMarket.abi.Pack("voiceOf", stream, round, challenger)
}

// UnpackVoiceOf is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x168cfadb.
//
// Solidity: function voiceOf(uint64 stream, uint32 round, address challenger) view returns((uint96,bool))
func (dataMarket *DataMarket) UnpackVoiceOf(data []byte) (Voice, error) {
	out, err := dataMarket.abi.Unpack("voiceOf", data)
	if err != nil {
		return *new(Voice), err
	}
	out0 := *abi.ConvertType(out[0], new(Voice)).(*Voice)
	return out0, nil
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

// DataMarketAdminOffered represents a AdminOffered event raised by the DataMarket contract.
type DataMarketAdminOffered struct {
	Operator *big.Int
	Pending  common.Address
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketAdminOfferedEventName = "AdminOffered"

// ContractEventName returns the user-defined event name.
func (DataMarketAdminOffered) ContractEventName() string {
	return DataMarketAdminOfferedEventName
}

// UnpackAdminOfferedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event AdminOffered(uint40 indexed operator, address indexed pending)
func (dataMarket *DataMarket) UnpackAdminOfferedEvent(log *types.Log) (*DataMarketAdminOffered, error) {
	event := "AdminOffered"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketAdminOffered)
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

// DataMarketAdminSet represents a AdminSet event raised by the DataMarket contract.
type DataMarketAdminSet struct {
	Operator *big.Int
	Admin    common.Address
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketAdminSetEventName = "AdminSet"

// ContractEventName returns the user-defined event name.
func (DataMarketAdminSet) ContractEventName() string {
	return DataMarketAdminSetEventName
}

// UnpackAdminSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event AdminSet(uint40 indexed operator, address indexed admin)
func (dataMarket *DataMarket) UnpackAdminSetEvent(log *types.Log) (*DataMarketAdminSet, error) {
	event := "AdminSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketAdminSet)
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
	Weight       *big.Int
	Total        *big.Int
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
// Solidity: event Challenged(uint64 indexed stream, uint32 indexed round, uint64 indexed purchase, address challenger, bytes32 evidenceHash, uint96 weight, uint96 total, uint32 count)
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

// DataMarketOperatorMetadataSet represents a OperatorMetadataSet event raised by the DataMarket contract.
type DataMarketOperatorMetadataSet struct {
	Operator     *big.Int
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
// Solidity: event OperatorMetadataSet(uint40 indexed operator, bytes32 keys, string metadataURI, bytes32 metadataHash)
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
	Operator *big.Int
	Admin    common.Address
	Signer   common.Address
	Payout   common.Address
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketOperatorRegisteredEventName = "OperatorRegistered"

// ContractEventName returns the user-defined event name.
func (DataMarketOperatorRegistered) ContractEventName() string {
	return DataMarketOperatorRegisteredEventName
}

// UnpackOperatorRegisteredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OperatorRegistered(uint40 indexed operator, address indexed admin, address signer, address payout)
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
	Operator *big.Int
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
// Solidity: event OperatorVerified(uint40 indexed operator, bool verified)
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
	Until *big.Int
	Raw   *types.Log // Blockchain specific contextual infos
}

const DataMarketPausedEventName = "Paused"

// ContractEventName returns the user-defined event name.
func (DataMarketPaused) ContractEventName() string {
	return DataMarketPausedEventName
}

// UnpackPausedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Paused(uint40 until)
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
	Operator *big.Int
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
// Solidity: event PayoutSet(uint40 indexed operator, address payout)
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

// DataMarketPriceSet represents a PriceSet event raised by the DataMarket contract.
type DataMarketPriceSet struct {
	Stream   uint64
	Price    *big.Int
	Interval uint32
	Raw      *types.Log // Blockchain specific contextual infos
}

const DataMarketPriceSetEventName = "PriceSet"

// ContractEventName returns the user-defined event name.
func (DataMarketPriceSet) ContractEventName() string {
	return DataMarketPriceSetEventName
}

// UnpackPriceSetEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event PriceSet(uint64 indexed stream, uint40 price, uint32 interval)
func (dataMarket *DataMarket) UnpackPriceSetEvent(log *types.Log) (*DataMarketPriceSet, error) {
	event := "PriceSet"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketPriceSet)
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
	Terms     [32]byte
	RouteHash [32]byte
	Payer     common.Address
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
// Solidity: event Purchased(uint64 indexed purchase, uint64 indexed stream, address indexed buyer, uint40 start, uint40 end, uint40 price, uint32 interval, uint32 quota, bytes32 terms, bytes32 routeHash, address payer)
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

// DataMarketResponded represents a Responded event raised by the DataMarket contract.
type DataMarketResponded struct {
	Stream       uint64
	Round        uint32
	By           common.Address
	ResponseHash [32]byte
	Raw          *types.Log // Blockchain specific contextual infos
}

const DataMarketRespondedEventName = "Responded"

// ContractEventName returns the user-defined event name.
func (DataMarketResponded) ContractEventName() string {
	return DataMarketRespondedEventName
}

// UnpackRespondedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Responded(uint64 indexed stream, uint32 indexed round, address indexed by, bytes32 responseHash)
func (dataMarket *DataMarket) UnpackRespondedEvent(log *types.Log) (*DataMarketResponded, error) {
	event := "Responded"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != dataMarket.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DataMarketResponded)
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
	From     *big.Int
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
// Solidity: event ReviewOpened(uint64 indexed stream, uint32 indexed round, uint40 from, uint40 deadline)
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
	Verdict    uint8
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
// Solidity: event Ruled(uint64 indexed stream, uint32 indexed round, uint8 verdict, bytes32 rulingHash)
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
	Operator *big.Int
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
// Solidity: event SettlementRoot(uint40 indexed operator, bytes32 root)
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
	Operator *big.Int
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
// Solidity: event SignerSet(uint40 indexed operator, address signer)
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
	Stream uint64
	By     common.Address
	StopAt *big.Int
	Raw    *types.Log // Blockchain specific contextual infos
}

const DataMarketStreamClosedEventName = "StreamClosed"

// ContractEventName returns the user-defined event name.
func (DataMarketStreamClosed) ContractEventName() string {
	return DataMarketStreamClosedEventName
}

// UnpackStreamClosedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StreamClosed(uint64 indexed stream, address indexed by, uint40 stopAt)
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
	Stream    uint64
	Operator  *big.Int
	Owner     common.Address
	Device    [32]byte
	Price     *big.Int
	Interval  uint32
	Terms     [32]byte
	Stake     *big.Int
	ProofKind uint8
	Parents   []uint64
	Raw       *types.Log // Blockchain specific contextual infos
}

const DataMarketStreamListedEventName = "StreamListed"

// ContractEventName returns the user-defined event name.
func (DataMarketStreamListed) ContractEventName() string {
	return DataMarketStreamListedEventName
}

// UnpackStreamListedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StreamListed(uint64 indexed stream, uint40 indexed operator, address indexed owner, bytes32 device, uint40 price, uint32 interval, bytes32 terms, uint96 stake, uint8 proofKind, uint64[] parents)
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

// DataMarketWithdrawn represents a Withdrawn event raised by the DataMarket contract.
type DataMarketWithdrawn struct {
	Account common.Address
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
// Solidity: event Withdrawn(address indexed account, uint256 amount)
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
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_NoVerdict"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesNoVerdictError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_NotArbiter"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesNotArbiterError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Challenges_NothingPaid"].ID.Bytes()[:4]) {
		return dataMarket.UnpackChallengesNothingPaidError(raw[4:])
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
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_Paused"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketPausedError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_PausedLately"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketPausedLatelyError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_PaysItself"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketPaysItselfError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Market_PulledLess"].ID.Bytes()[:4]) {
		return dataMarket.UnpackMarketPulledLessError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_BadSignature"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsBadSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_MetadataChanged"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsMetadataChangedError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_NotAdmin"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsNotAdminError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_NotPending"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsNotPendingError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Operators_SignerIsAdmin"].ID.Bytes()[:4]) {
		return dataMarket.UnpackOperatorsSignerIsAdminError(raw[4:])
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
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_BadDuration"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesBadDurationError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_BadEnd"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesBadEndError(raw[4:])
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
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Purchases_WrongOperator"].ID.Bytes()[:4]) {
		return dataMarket.UnpackPurchasesWrongOperatorError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["ReentrancyGuardReentrantCall"].ID.Bytes()[:4]) {
		return dataMarket.UnpackReentrancyGuardReentrantCallError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["SafeERC20FailedOperation"].ID.Bytes()[:4]) {
		return dataMarket.UnpackSafeERC20FailedOperationError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_BadDeadline"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsBadDeadlineError(raw[4:])
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
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_BadState"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsBadStateError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_DeviceListed"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsDeviceListedError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_NotOwner"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsNotOwnerError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_ParentNotRunning"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsParentNotRunningError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_StakeBound"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsStakeBoundError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_StakeTooSmall"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsStakeTooSmallError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_TooMany"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsTooManyError(raw[4:])
	}
	if bytes.Equal(raw[:4], dataMarket.abi.Errors["Streams_UnderReview"].ID.Bytes()[:4]) {
		return dataMarket.UnpackStreamsUnderReviewError(raw[4:])
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

// DataMarketChallengesNoVerdict represents a Challenges_NoVerdict error raised by the DataMarket contract.
type DataMarketChallengesNoVerdict struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_NoVerdict()
func DataMarketChallengesNoVerdictErrorID() common.Hash {
	return common.HexToHash("0x837347c95d3684aeac597ceeff8ef6ec77aedd98860de13d11bc9483e2d7ac30")
}

// UnpackChallengesNoVerdictError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_NoVerdict()
func (dataMarket *DataMarket) UnpackChallengesNoVerdictError(raw []byte) (*DataMarketChallengesNoVerdict, error) {
	out := new(DataMarketChallengesNoVerdict)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_NoVerdict", raw); err != nil {
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

// DataMarketChallengesNothingPaid represents a Challenges_NothingPaid error raised by the DataMarket contract.
type DataMarketChallengesNothingPaid struct {
	Purchase uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_NothingPaid(uint64 purchase)
func DataMarketChallengesNothingPaidErrorID() common.Hash {
	return common.HexToHash("0x0701f760bff094c3511f4c9a2fcf381f56061477acd41cfea8e52dfaa5ba4e25")
}

// UnpackChallengesNothingPaidError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_NothingPaid(uint64 purchase)
func (dataMarket *DataMarket) UnpackChallengesNothingPaidError(raw []byte) (*DataMarketChallengesNothingPaid, error) {
	out := new(DataMarketChallengesNothingPaid)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_NothingPaid", raw); err != nil {
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
	Round  uint32
	Had    *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Challenges_Twice(uint32 round, uint256 had, uint256 actual)
func DataMarketChallengesTwiceErrorID() common.Hash {
	return common.HexToHash("0x84bb41387170fc4f9e687f2066bdff9d7a89c964ccf5eabdfb8d9e9aa53eb767")
}

// UnpackChallengesTwiceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Challenges_Twice(uint32 round, uint256 had, uint256 actual)
func (dataMarket *DataMarket) UnpackChallengesTwiceError(raw []byte) (*DataMarketChallengesTwice, error) {
	out := new(DataMarketChallengesTwice)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Challenges_Twice", raw); err != nil {
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

// DataMarketMarketPaused represents a Market_Paused error raised by the DataMarket contract.
type DataMarketMarketPaused struct {
	Until  *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Market_Paused(uint256 until, uint256 actual)
func DataMarketMarketPausedErrorID() common.Hash {
	return common.HexToHash("0xd064db94974c1b9f532ef4b54ab35eddd547f467ef51e62c8d8942fd7ce8af62")
}

// UnpackMarketPausedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Market_Paused(uint256 until, uint256 actual)
func (dataMarket *DataMarket) UnpackMarketPausedError(raw []byte) (*DataMarketMarketPaused, error) {
	out := new(DataMarketMarketPaused)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Market_Paused", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketMarketPausedLately represents a Market_PausedLately error raised by the DataMarket contract.
type DataMarketMarketPausedLately struct {
	From   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Market_PausedLately(uint256 from, uint256 actual)
func DataMarketMarketPausedLatelyErrorID() common.Hash {
	return common.HexToHash("0xb468a45de2ea07193b5c16c852790ea667a23068dc71982d22cbad6e961d0677")
}

// UnpackMarketPausedLatelyError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Market_PausedLately(uint256 from, uint256 actual)
func (dataMarket *DataMarket) UnpackMarketPausedLatelyError(raw []byte) (*DataMarketMarketPausedLately, error) {
	out := new(DataMarketMarketPausedLately)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Market_PausedLately", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketMarketPaysItself represents a Market_PaysItself error raised by the DataMarket contract.
type DataMarketMarketPaysItself struct {
	Account common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Market_PaysItself(address account)
func DataMarketMarketPaysItselfErrorID() common.Hash {
	return common.HexToHash("0x6160cff5bce978f6e17865c5711f3e0d23d9c22db7a49ac3aa9740b41ec4559a")
}

// UnpackMarketPaysItselfError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Market_PaysItself(address account)
func (dataMarket *DataMarket) UnpackMarketPaysItselfError(raw []byte) (*DataMarketMarketPaysItself, error) {
	out := new(DataMarketMarketPaysItself)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Market_PaysItself", raw); err != nil {
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

// DataMarketOperatorsBadSignature represents a Operators_BadSignature error raised by the DataMarket contract.
type DataMarketOperatorsBadSignature struct {
	Expected common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_BadSignature(address expected)
func DataMarketOperatorsBadSignatureErrorID() common.Hash {
	return common.HexToHash("0xfe4d801381fa308d8ff930c6e3e61f8a24e1f90ee58c60ef3d98336cad234a5e")
}

// UnpackOperatorsBadSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_BadSignature(address expected)
func (dataMarket *DataMarket) UnpackOperatorsBadSignatureError(raw []byte) (*DataMarketOperatorsBadSignature, error) {
	out := new(DataMarketOperatorsBadSignature)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Operators_BadSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOperatorsMetadataChanged represents a Operators_MetadataChanged error raised by the DataMarket contract.
type DataMarketOperatorsMetadataChanged struct {
	Expected [32]byte
	Actual   [32]byte
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_MetadataChanged(bytes32 expected, bytes32 actual)
func DataMarketOperatorsMetadataChangedErrorID() common.Hash {
	return common.HexToHash("0xf94bb8bcb96a695b10991ffd66ef5eb178458c82a002a439f45cd1da99ac273d")
}

// UnpackOperatorsMetadataChangedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_MetadataChanged(bytes32 expected, bytes32 actual)
func (dataMarket *DataMarket) UnpackOperatorsMetadataChangedError(raw []byte) (*DataMarketOperatorsMetadataChanged, error) {
	out := new(DataMarketOperatorsMetadataChanged)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Operators_MetadataChanged", raw); err != nil {
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

// DataMarketOperatorsNotPending represents a Operators_NotPending error raised by the DataMarket contract.
type DataMarketOperatorsNotPending struct {
	Expected common.Address
	Actual   common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_NotPending(address expected, address actual)
func DataMarketOperatorsNotPendingErrorID() common.Hash {
	return common.HexToHash("0xa6942f28053165af4d66d965e78b72d68c8c48cb4e32604a81061f9c9f9a95e6")
}

// UnpackOperatorsNotPendingError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_NotPending(address expected, address actual)
func (dataMarket *DataMarket) UnpackOperatorsNotPendingError(raw []byte) (*DataMarketOperatorsNotPending, error) {
	out := new(DataMarketOperatorsNotPending)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Operators_NotPending", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOperatorsSignerIsAdmin represents a Operators_SignerIsAdmin error raised by the DataMarket contract.
type DataMarketOperatorsSignerIsAdmin struct {
	Admin common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_SignerIsAdmin(address admin)
func DataMarketOperatorsSignerIsAdminErrorID() common.Hash {
	return common.HexToHash("0xee21076776e9b0bac7ceeef14146109f92287cdf7039570c673b2882d8f0d08b")
}

// UnpackOperatorsSignerIsAdminError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_SignerIsAdmin(address admin)
func (dataMarket *DataMarket) UnpackOperatorsSignerIsAdminError(raw []byte) (*DataMarketOperatorsSignerIsAdmin, error) {
	out := new(DataMarketOperatorsSignerIsAdmin)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Operators_SignerIsAdmin", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketOperatorsUnknown represents a Operators_Unknown error raised by the DataMarket contract.
type DataMarketOperatorsUnknown struct {
	Operator *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Operators_Unknown(uint40 operator)
func DataMarketOperatorsUnknownErrorID() common.Hash {
	return common.HexToHash("0xb0fccfee703e93947c98caa37744cf2a5c5a6ce7292445dd97390b44f0affb93")
}

// UnpackOperatorsUnknownError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Operators_Unknown(uint40 operator)
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

// DataMarketPurchasesBadDuration represents a Purchases_BadDuration error raised by the DataMarket contract.
type DataMarketPurchasesBadDuration struct {
	Most   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_BadDuration(uint256 most, uint256 actual)
func DataMarketPurchasesBadDurationErrorID() common.Hash {
	return common.HexToHash("0xf41ed5073861da4179999f2166938c468564f7a2e7848e52450dd46ac24693c2")
}

// UnpackPurchasesBadDurationError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_BadDuration(uint256 most, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesBadDurationError(raw []byte) (*DataMarketPurchasesBadDuration, error) {
	out := new(DataMarketPurchasesBadDuration)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_BadDuration", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DataMarketPurchasesBadEnd represents a Purchases_BadEnd error raised by the DataMarket contract.
type DataMarketPurchasesBadEnd struct {
	End    *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_BadEnd(uint256 end, uint256 actual)
func DataMarketPurchasesBadEndErrorID() common.Hash {
	return common.HexToHash("0x3d7db55ae0cb7770da7442160b26cf2c25350e6518d8552f3a4ec1916ea74fb1")
}

// UnpackPurchasesBadEndError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_BadEnd(uint256 end, uint256 actual)
func (dataMarket *DataMarket) UnpackPurchasesBadEndError(raw []byte) (*DataMarketPurchasesBadEnd, error) {
	out := new(DataMarketPurchasesBadEnd)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Purchases_BadEnd", raw); err != nil {
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

// DataMarketPurchasesWrongOperator represents a Purchases_WrongOperator error raised by the DataMarket contract.
type DataMarketPurchasesWrongOperator struct {
	Expected *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Purchases_WrongOperator(uint40 expected, uint40 actual)
func DataMarketPurchasesWrongOperatorErrorID() common.Hash {
	return common.HexToHash("0x1ac37cf1ecc5a76a9e9dc69111e02a698dcc11d1da8452b2ab8431ac7a0fd5db")
}

// UnpackPurchasesWrongOperatorError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Purchases_WrongOperator(uint40 expected, uint40 actual)
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

// DataMarketStreamsBadDeadline represents a Streams_BadDeadline error raised by the DataMarket contract.
type DataMarketStreamsBadDeadline struct {
	Deadline *big.Int
	Actual   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_BadDeadline(uint256 deadline, uint256 actual)
func DataMarketStreamsBadDeadlineErrorID() common.Hash {
	return common.HexToHash("0xcaee5884457532a912a492af8676ba89c7791b7835266c43df7e9e49070332b8")
}

// UnpackStreamsBadDeadlineError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_BadDeadline(uint256 deadline, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsBadDeadlineError(raw []byte) (*DataMarketStreamsBadDeadline, error) {
	out := new(DataMarketStreamsBadDeadline)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_BadDeadline", raw); err != nil {
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

// DataMarketStreamsStakeBound represents a Streams_StakeBound error raised by the DataMarket contract.
type DataMarketStreamsStakeBound struct {
	From   *big.Int
	Actual *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_StakeBound(uint256 from, uint256 actual)
func DataMarketStreamsStakeBoundErrorID() common.Hash {
	return common.HexToHash("0x20aed8e6a959d61f0e2304f5a5ad5f10a1d16bb970832a8d4c21cb20d77157d1")
}

// UnpackStreamsStakeBoundError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_StakeBound(uint256 from, uint256 actual)
func (dataMarket *DataMarket) UnpackStreamsStakeBoundError(raw []byte) (*DataMarketStreamsStakeBound, error) {
	out := new(DataMarketStreamsStakeBound)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_StakeBound", raw); err != nil {
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

// DataMarketStreamsUnderReview represents a Streams_UnderReview error raised by the DataMarket contract.
type DataMarketStreamsUnderReview struct {
	Round uint32
	Until *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Streams_UnderReview(uint32 round, uint256 until)
func DataMarketStreamsUnderReviewErrorID() common.Hash {
	return common.HexToHash("0xb1f38732311e15676856ebf9e960580cc0886ab52599198b1099c394647f7ba1")
}

// UnpackStreamsUnderReviewError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Streams_UnderReview(uint32 round, uint256 until)
func (dataMarket *DataMarket) UnpackStreamsUnderReviewError(raw []byte) (*DataMarketStreamsUnderReview, error) {
	out := new(DataMarketStreamsUnderReview)
	if err := dataMarket.abi.UnpackIntoInterface(out, "Streams_UnderReview", raw); err != nil {
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
