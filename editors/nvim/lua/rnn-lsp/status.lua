-- What a statusline shows. It is drawn often, so all of it is known beforehand and nothing is asked.
local client_of = require("rnn-lsp.client")
local M = {}

---@type table<integer, { paused: table<integer, boolean>, is_busy?: boolean }> by client id
local states = {}

local function state_of(client)
  states[client.id] = states[client.id] or { paused = {} }
  return states[client.id]
end

---@param buffer integer 0 is the current one
---@return string
function M.text(buffer)
  local client = client_of.of(buffer)
  if not client then
    return ""
  end
  local state = state_of(client)
  local number = buffer == 0 and vim.api.nvim_get_current_buf() or buffer
  return "rnn" .. (state.paused[number] and " paused" or "") .. (state.is_busy and " …" or "")
end

---Takes over what the status command answered.
---@param client vim.lsp.Client
function M.learn(client, answer)
  local state = state_of(client)
  state.paused = {}
  for _, document in ipairs(answer.documents or {}) do
    if document.isProse and not document.enabled then
      state.paused[vim.uri_to_bufnr(document.uri)] = true
    end
  end
  vim.cmd.redrawstatus()
end

---Asks the server which buffers are paused.
---@param client vim.lsp.Client
function M.update(client)
  client_of.run(client, "status", {}, function(answer)
    M.learn(client, answer)
  end)
end

---Progress of the server: a model that is loaded, prose that is learned.
function M.progress(client, value)
  if type(value) == "table" and value.kind ~= "report" then
    state_of(client).is_busy = value.kind == "begin"
  end
  vim.cmd.redrawstatus()
end

function M.forget(client)
  states[client.id] = nil
end

return M
