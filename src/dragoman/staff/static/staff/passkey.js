// The browser's own word on a passkey that did not work, said on the page in ours.
document.addEventListener('allauth.error', event => {
  event.preventDefault()
  const place = document.getElementById('broke')
  if (!place) return
  const name = event.detail.exception && event.detail.exception.name
  const words = {
    NotAllowedError: 'The passkey was not given: it was cancelled, took too long, or none fits.',
    InvalidStateError: 'This passkey is set up here already.',
    SecurityError: 'Passkeys work only over https, or on this very computer under the name localhost.',
    NotSupportedError: 'This browser cannot make such a passkey.'
  }
  place.className = 'note bad broke'
  place.textContent = words[name] || 'The passkey could not be used. Reload the page and try once more.'
  place.focus()
})
